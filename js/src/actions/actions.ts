/** The one table of actions: keys, menus, the palette, tooltips and the help overlay all read it. One line a group. */
import { assemblyActions } from "./assembly";
import { type ChosenKeys, keysOf } from "./bindings";
import type { Action, Context } from "./context";
import { cuboidActions } from "./cuboids";
import { dialogActions } from "./dialogs";
import { drawActions } from "./draw";
import { generalActions } from "./general";
import { labelActions } from "./labels";
import { maskActions } from "./mask-actions";
import { objectActions } from "./object-actions";
import { playerActions } from "./player";
import { trackActions } from "./track-actions";
import { viewActions } from "./view";
import { viewMoreActions } from "./view-more";

export const ACTIONS: readonly Action[] = [
  ...generalActions,
  ...dialogActions,
  ...playerActions,
  ...drawActions,
  ...objectActions,
  ...maskActions,
  ...trackActions,
  ...assemblyActions,
  ...cuboidActions,
  ...labelActions,
  ...viewActions,
  ...viewMoreActions,
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
  if (action.enabled && !action.enabled(context)) return false;
  action.run(context);
  return true;
}

/** What keys run, with the user's own choice of them. */
export function bindings(chosen: ChosenKeys = {}): Iterable<readonly [keys: string, id: string]> {
  return ACTIONS.flatMap((action) => keysOf(action, chosen).map((keys) => [keys, action.id] as const));
}
