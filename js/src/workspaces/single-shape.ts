/** Single shape: one shape of one label a picture, one picture after the other. */
import { effect, untracked } from "@preact/signals";
import type { Context } from "../actions/context";
import type { LabelSpec } from "../document/records";
import type { DrawTool, Editor } from "../editor";
import { nearestFrame } from "./frames";

/** Labels of which shapes can be drawn. */
export function shapeLabels(labels: readonly LabelSpec[]): readonly LabelSpec[] {
  return labels.filter((label) => label.type !== "tag");
}

/** What is drawn: what the label is for, or what the user chose where it is for anything. */
export function shapeOf(editor: Editor): DrawTool {
  const type = editor.labelOf(editor.activeLabel.value)?.type ?? "any";
  return type === "any" || type === "tag" ? editor.workspaces.shape.value : type;
}

/** Draw on the present picture. */
export function begin(editor: Editor): void {
  if (editor.info.readOnly) return;
  editor.workspaces.finished.value = false;
  editor.workspaces.drawing.value = true;
}

/** N: the first press begins, the second finishes the shape. */
export function drawOrFinish({ editor, tools }: Context): void {
  if (editor.tool.peek() === "select") begin(editor);
  else tools.complete();
}

/** Go on to the next picture that wants a shape; without one the work is done. */
export function advance(editor: Editor): void {
  const { drawing, finished } = editor.workspaces;
  const onlyEmpty = editor.settings.peek().onlyEmptyFrames;
  const frame = nearestFrame(editor, 1, (each) => !onlyEmpty || editor.document.statesAt(each).length === 0);
  editor.selection.value = [];
  if (frame === null) {
    drawing.value = false;
    finished.value = true;
    editor.announce("Finished: this was the last picture");
    return;
  }
  drawing.value = true;
  editor.player.pause();
  editor.player.seek(frame);
}

export function skipPicture({ editor, tools }: Context): void {
  tools.cancel();
  advance(editor);
}

/** Begin again with the first picture. */
export function restart(editor: Editor): void {
  editor.player.seekEnd("first");
  begin(editor);
}

/** Keep the drawing tool in the hand while the workspace is open. Returns how to stop. */
export function driveSingleShape({ editor, scene }: Context): () => void {
  const { drawing, finished } = editor.workspaces;
  const mode = editor.drawMode.peek();
  let known = new Set<number>();
  let active: DrawTool | null = null;
  const ids = (): number[] => editor.document.statesAt(editor.frame.peek()).map((state) => state.id);
  editor.drawMode.value = "shape";
  finished.value = false;
  if (shapeLabels(editor.labels.peek()).some((label) => label.id === editor.activeLabel.peek())) begin(editor);
  const stop = effect(() => {
    const tool = editor.tool.value;
    const wanted = shapeOf(editor);
    const on = drawing.value;
    const frame = editor.frame.value;
    const ready = scene.shownFrame.value === frame && !editor.frames.deleted.has(frame);
    untracked(() => {
      if (active && tool === "select") {
        active = null;
        // The tool has not selected what it drew yet.
        if (ids().some((id) => !known.has(id))) queueMicrotask(() => on && advance(editor));
        else if (ready) drawing.value = false;
      } else if (!on || (active && active !== wanted)) {
        active = null;
        if (tool !== "select") editor.tool.value = "select";
      } else if (ready) {
        known = new Set(ids());
        active = wanted;
        editor.tool.value = wanted;
      }
    });
  });
  return () => {
    stop();
    drawing.value = false;
    finished.value = false;
    editor.tool.value = "select";
    editor.drawMode.value = mode;
  };
}
