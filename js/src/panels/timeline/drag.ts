/** What a press on the timeline does: seek, scrub, or move a keyframe. */
import { moveKeyframe } from "../../document/keyframes";
import type { Editor } from "../../editor";
import { carryOut } from "../../tools/carry-out";

/** A keyframe under way. */
export interface KeyframeDrag {
  readonly id: number;
  readonly from: number;
  readonly to: number;
}

/** Whether the keyframes of a track may be moved. */
export function movable(editor: Editor, id: number): boolean {
  return !editor.info.readOnly && !editor.isLocked(id);
}

/** The drag with the keyframe on another frame of the job. */
export function draggedTo(editor: Editor, drag: KeyframeDrag, frame: number): KeyframeDrag {
  const to = Math.min(Math.max(frame, editor.player.first), editor.player.last);
  return to === drag.to ? drag : { ...drag, to };
}

/** The pointer was let go: a keyframe that did not move was clicked. */
export function drop(editor: Editor, { id, from, to }: KeyframeDrag): void {
  const track = editor.document.get(id);
  if (track?.kind !== "track") return;
  editor.selection.value = [id];
  if (from !== to) {
    const label = `Move keyframe of ${editor.nameOf(track)} to frame ${to}`;
    if (!carryOut(editor, label, moveKeyframe(track, from, to))) return;
    editor.selection.value = [id];
  }
  editor.player.pause();
  editor.player.seek(to);
}
