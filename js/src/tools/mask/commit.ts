/** From bitmaps to edits: new masks, changed ones, and what is taken from the masks below. */
import { addShape, addTrack, mergeEdits, removeObjects, setFlag, setPose } from "../../document/edits";
import type { Edit, ObjectState } from "../../document/records";
import type { Editor } from "../../editor";
import {
  type Bitmap,
  boxesMeet,
  boxOfBitmap,
  decodeMask,
  encodeMask,
  intersect,
  isEmptyBitmap,
  type PixelBox,
  subtract,
} from "../../geometry/bitmap";

function boxOfMask(state: ObjectState): PixelBox {
  const [left, top, right, bottom] = state.points.slice(-4) as [number, number, number, number];
  return { left, top, right: right + 1, bottom: bottom + 1 };
}

/** A mask that has no pixel left: a shape goes, a track is outside from here to its next keyframe. */
export function emptied(editor: Editor, state: ObjectState): Edit {
  return state.kind === "track" ? setFlag(editor.document, state, "outside", true) : removeObjects([state.id]);
}

/** Takes pixels from every visible, unlocked mask of a frame but one. */
export function takeFromOthers(editor: Editor, bitmap: Bitmap, frame: number, except: number | null): Edit[] {
  const box = boxOfBitmap(bitmap);
  if (!box) return [];
  return editor.objectsAt(frame).flatMap((state) => {
    if (state.type !== "mask" || state.id === except || editor.isLocked(state.id) || editor.isHidden(state.id)) return [];
    if (!boxesMeet(boxOfMask(state), box)) return [];
    const pixels = decodeMask(state.points);
    if (isEmptyBitmap(intersect(pixels, bitmap))) return [];
    const rest = subtract(pixels, bitmap);
    if (isEmptyBitmap(rest)) return [emptied(editor, state)];
    return [setPose(editor.document, state, encodeMask(rest))];
  });
}

/** Add a mask as a shape, or as a track that begins with it, on the present frame; returns its id. */
export function commitNewMask(editor: Editor, bitmap: Bitmap): number | null {
  const label = editor.labelOf(editor.activeLabel.peek());
  if (!label) return null;
  const frame = editor.frame.peek();
  const options = { frame, label, type: "mask", points: encodeMask(bitmap) } as const;
  const asTrack = editor.drawMode.peek() === "track";
  const own = asTrack ? addTrack(editor.document, options) : addShape(editor.document, options);
  const id = own.added?.[0]?.id ?? null;
  if (id === null) return null;
  const others = editor.masks.removeUnderlying.peek() ? takeFromOthers(editor, bitmap, frame, null) : [];
  const name = editor.nameOf({ id, label: label.id });
  editor.commit(`Draw ${name}`, mergeEdits(own, ...others));
  editor.announce(`Drew ${name}${took(others)}`);
  return id;
}

/** Give a mask new pixels; without any left it is deleted. */
export function commitMask(editor: Editor, state: ObjectState, bitmap: Bitmap): void {
  const name = editor.nameOf(state);
  if (isEmptyBitmap(bitmap)) {
    editor.commit(`Erase ${name}`, emptied(editor, state));
    editor.announce(state.kind === "track" ? `${name} is outside from here on` : `Deleted ${name}`);
    return;
  }
  const others = editor.masks.removeUnderlying.peek() ? takeFromOthers(editor, bitmap, state.frame, state.id) : [];
  editor.commit(`Change ${name}`, mergeEdits(setPose(editor.document, state, encodeMask(bitmap)), ...others));
  editor.announce(`Changed ${name}${took(others)}`);
}

function took(others: readonly Edit[]): string {
  if (others.length === 0) return "";
  return `, and took its pixels from ${others.length} other mask${others.length === 1 ? "" : "s"}`;
}
