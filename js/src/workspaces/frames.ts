/** Frames and objects as workspaces go through them: without what is deleted, hidden or filtered out. */
import type { ObjectState } from "../document/records";
import type { Editor } from "../editor";

/** The objects on a frame that are neither filtered out nor hidden. */
export function shownOn(editor: Editor, frame: number): readonly ObjectState[] {
  const states = frame === editor.frame.value ? editor.objects.value : editor.objectsAt(frame);
  const hidden = editor.hidden.value;
  return states.filter((state) => !hidden.has(state.id));
}

/** The nearest frame of the job in a direction that is not deleted and fits; null if there is none. */
export function nearestFrame(editor: Editor, direction: 1 | -1, fits: (frame: number) => boolean): number | null {
  const { first, last } = editor.player;
  for (let frame = editor.frame.peek() + direction; frame >= first && frame <= last; frame += direction) {
    if (!editor.frames.deleted.has(frame) && fits(frame)) return frame;
  }
  return null;
}
