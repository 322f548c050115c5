/** What the timeline shows, and whether it is there at all. */
import type { Context } from "../../actions/context";
import type { Editor } from "../../editor";

/** Pictures are no sequence: only tracks make a timeline for them. */
export function hasShapesLane(editor: Editor): boolean {
  const tracks = editor.document.tracks();
  return editor.frames.kind === "video" && editor.document.count > tracks.length;
}

/** From the start, and as high as the user left it: it never pushes the picture aside when the first object appears. */
export function hasTimeline({ editor }: Context): boolean {
  return editor.frames.kind === "video" || editor.document.tracks().length > 0;
}
