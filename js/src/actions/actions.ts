/** The one table of actions: keys, menus, the palette, tooltips and the help overlay all read it. One line a group. */

import type { WorkspaceName } from "../editor";
import { actionActions } from "./action-actions";
import { assemblyActions } from "./assembly";
import { type ChosenKeys, keysOf } from "./bindings";
import type { Action, Context } from "./context";
import { cuboidActions } from "./cuboids";
import { dialogActions } from "./dialogs";
import { drawActions } from "./draw";
import { filterActions } from "./filter-actions";
import { frameActions } from "./frame-actions";
import { generalActions } from "./general";
import { interactActions } from "./interact-actions";
import { labelActions } from "./labels";
import { maskActions } from "./mask-actions";
import { modelActions } from "./model-actions";
import { objectActions } from "./object-actions";
import { playerActions } from "./player";
import { trackActions } from "./track-actions";
import { viewActions } from "./view";
import { viewMoreActions } from "./view-more";
import { workspaceActions } from "./workspace-actions";

export const ACTIONS: readonly Action[] = [
  ...generalActions,
  ...dialogActions,
  ...playerActions,
  ...filterActions,
  ...drawActions,
  ...objectActions,
  ...maskActions,
  ...interactActions,
  ...modelActions,
  ...trackActions,
  ...assemblyActions,
  ...actionActions,
  ...cuboidActions,
  ...labelActions,
  ...viewActions,
  ...viewMoreActions,
  ...frameActions,
  ...workspaceActions,
];

const BY_ID = new Map(ACTIONS.map((action) => [action.id, action]));

export function actionOf(id: string): Action {
  const action = BY_ID.get(id);
  if (!action) throw new Error(`There is no action ${id}.`);
  return action;
}

/** Run an action if it can be run; true if it was. */
export function run(id: string, context: Context): boolean {
  const action = actionOf(id);
  if (action.workspace && action.workspace !== context.editor.workspace.peek()) return false;
  if (action.enabled && !action.enabled(context)) return false;
  action.run(context);
  return true;
}

/** What keys run in a workspace, with the user's own choice of them; those of the workspace itself come first. */
export function bindings(
  chosen: ChosenKeys = {},
  workspace: WorkspaceName = "standard",
): readonly (readonly [keys: string, id: string])[] {
  const own = ACTIONS.filter((action) => action.workspace === workspace);
  const common = ACTIONS.filter((action) => !action.workspace);
  return [...own, ...common].flatMap((action) => keysOf(action, chosen).map((keys) => [keys, action.id] as const));
}

/** The action that a workspace has for a press of keys before tools and everything else; null if it has none. */
export function ownAction(press: string, { editor }: Context): string | null {
  const workspace = editor.workspace.peek();
  const chosen = editor.settings.peek().keys;
  return ACTIONS.find((action) => action.workspace === workspace && keysOf(action, chosen).includes(press))?.id ?? null;
}
