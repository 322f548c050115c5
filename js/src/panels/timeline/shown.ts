/** Whether there is anything for the timeline to show. */
import type { Context } from "../../actions/context";
import type { Editor } from "../../editor";

/** Pictures are no sequence: only tracks make a timeline for them. */
export function hasShapesLane(editor: Editor): boolean {
  const tracks = editor.document.tracks();
  return editor.frames.kind === "video" && editor.document.count > tracks.length;
}

export function hasTimeline({ editor }: Context): boolean {
  return editor.document.tracks().length > 0 || hasShapesLane(editor);
}
