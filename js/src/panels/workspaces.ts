/** The workspaces, one line each: the side panel, the tools on offer, and what goes on while it is open. */
import { effect, untracked } from "@preact/signals";
import type { FunctionComponent } from "preact";
import type { Context } from "../actions/context";
import type { Editor, ToolName, WorkspaceName } from "../editor";
import { driveAttributes } from "../workspaces/focus";
import { driveSingleShape, shapeOf } from "../workspaces/single-shape";
import { fetched } from "./fetched";

export interface Workspace {
  /** Instead of the lists of objects and labels. */
  readonly panel?: FunctionComponent;
  /** Which tools there are besides the selection; all if this is missing. */
  readonly offers?: (tool: ToolName, editor: Editor) => boolean;
  /** Runs while the workspace is open; returns how to stop. */
  readonly drive?: (context: Context) => () => void;
}

const none = (): boolean => false;

export const WORKSPACES: Readonly<Record<WorkspaceName, Workspace>> = {
  standard: {},
  attributes: { panel: fetched("AttributesWorkspace"), offers: none, drive: driveAttributes },
  tags: { panel: fetched("TagsWorkspace"), offers: none },
  "single-shape": {
    panel: fetched("SingleShapeWorkspace"),
    offers: (tool, editor) => tool === shapeOf(editor),
    drive: driveSingleShape,
  },
  review: { panel: fetched("ReviewWorkspace"), offers: (tool) => tool === "issue" },
};

/** Whether the present workspace has a tool. */
export function offers(editor: Editor, tool: ToolName): boolean {
  return tool === "select" || (WORKSPACES[editor.workspace.value].offers?.(tool, editor) ?? true);
}

/** Let the present workspace do its work, and put away tools that it does not have. Returns how to stop. */
export function driveWorkspaces(context: Context): () => void {
  const { editor } = context;
  let stopDrive: (() => void) | undefined;
  const stops = [
    effect(() => {
      const { drive } = WORKSPACES[editor.workspace.value];
      untracked(() => {
        stopDrive?.();
        editor.tool.value = "select";
        stopDrive = drive?.(context);
      });
    }),
    effect(() => {
      if (!offers(editor, editor.tool.value)) editor.tool.value = "select";
    }),
  ];
  return () => {
    for (const stop of stops) stop();
    stopDrive?.();
  };
}
