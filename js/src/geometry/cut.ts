/** A mask cut in two along a line. */
import type { Points } from "../document/records";
import { areaOfBitmap, type Bitmap, boxOfBitmap, type PixelBox, push, unite } from "./bitmap";
import { partsOf } from "./outline";

/**
 * Shifts the line by less than anybody sees, to where it runs through no centre of a pixel: then it is always clear on which
 * side a pixel lies.
 */
const NUDGE: readonly [number, number] = [0.000213, 0.000357];
const BLOCKED_RIGHT = 1;
const BLOCKED_DOWN = 2;

/**
 * The two bitmaps that a line of points leaves of a mask; together they are the mask. Null if it does not cut the mask into
 * exactly two: it must begin and end outside and pass through one connected part once. Other parts go with the piece that is
 * nearer.
 */
export function splitBitmap(bitmap: Bitmap, line: Points): readonly [Bitmap, Bitmap] | null {
  const wholes = partsOf(bitmap);
  let pieces: readonly Bitmap[] | null = null;
  const rest: Bitmap[] = [];
  for (const whole of wholes) {
    const cut = piecesOf(whole, line);
    if (cut.length === 1) rest.push(whole);
    else if (pieces || cut.length !== 2) return null;
    else pieces = cut;
  }
  if (!pieces) return null;
  let [one, other] = pieces as readonly [Bitmap, Bitmap];
  const [first, second] = [boxOfBitmap(one), boxOfBitmap(other)];
  for (const part of rest) {
    const box = boxOfBitmap(part);
    if (distance(box, first) <= distance(box, second)) one = unite(one, part);
    else other = unite(other, part);
  }
  return areaOfBitmap(one) >= areaOfBitmap(other) ? [one, other] : [other, one];
}

function distance(a: PixelBox | null, b: PixelBox | null): number {
  if (!a || !b) return Number.POSITIVE_INFINITY;
  return Math.hypot((a.left + a.right - b.left - b.right) / 2, (a.top + a.bottom - b.top - b.bottom) / 2);
}

/** The connected pieces of a part when nothing may pass through the line. */
function piecesOf(part: Bitmap, line: Points): Bitmap[] {
  const box = boxOfBitmap(part);
  if (!box) return [];
  const width = box.right - box.left;
  const height = box.bottom - box.top;
  const blocked = blockedSteps(line, box);
  if (!blocked) return [part];
  /** 0: not of the part; 1: of a piece not yet known; 2 and more: the piece. */
  const pieces = new Uint32Array(width * height);
  part.rows.forEach((runs, row) => {
    const offset = (part.top + row - box.top) * width - box.left;
    for (let i = 0; i + 1 < runs.length; i += 2) pieces.fill(1, offset + (runs[i] as number), offset + (runs[i + 1] as number));
  });
  const stack: number[] = [];
  let count = 2;
  for (let seed = pieces.indexOf(1); seed >= 0; seed = pieces.indexOf(1, seed + 1)) {
    const piece = count++;
    pieces[seed] = piece;
    stack.push(seed);
    const visit = (at: number): void => {
      if (pieces[at] !== 1) return;
      pieces[at] = piece;
      stack.push(at);
    };
    while (stack.length > 0) {
      const at = stack.pop() as number;
      const column = at % width;
      const steps = blocked[at] as number;
      if (column + 1 < width && !(steps & BLOCKED_RIGHT)) visit(at + 1);
      if (column > 0 && !((blocked[at - 1] as number) & BLOCKED_RIGHT)) visit(at - 1);
      if (at + width < pieces.length && !(steps & BLOCKED_DOWN)) visit(at + width);
      if (at >= width && !((blocked[at - width] as number) & BLOCKED_DOWN)) visit(at - width);
    }
  }
  return Array.from({ length: count - 2 }, (_, i) => bitmapOf(pieces, width, box, i + 2));
}

function bitmapOf(pieces: Uint32Array, width: number, { left, top, bottom }: PixelBox, piece: number): Bitmap {
  const rows = Array.from({ length: bottom - top }, (_, row) => {
    const runs: number[] = [];
    for (let column = 0; column < width; column++)
      if (pieces[row * width + column] === piece) push(runs, left + column, left + column + 1);
    return runs;
  });
  return { top, rows };
}

/** Which steps from a pixel to its right and lower neighbours cross the line an odd number of times; null if none does. */
function blockedSteps(line: Points, { left, top, right, bottom }: PixelBox): Uint8Array | null {
  const width = right - left;
  const height = bottom - top;
  const blocked = new Uint8Array(width * height);
  let any = false;
  const toggle = (column: number, row: number, step: number): void => {
    if (column < 0 || row < 0 || column >= width || row >= height) return;
    any = true;
    blocked[row * width + column] = (blocked[row * width + column] as number) ^ step;
  };
  for (let i = 0; i + 3 < line.length; i += 2) {
    // From here on centres of pixels have whole coordinates.
    const x0 = (line[i] as number) + NUDGE[0] - 0.5 - left;
    const y0 = (line[i + 1] as number) + NUDGE[1] - 0.5 - top;
    const x1 = (line[i + 2] as number) + NUDGE[0] - 0.5 - left;
    const y1 = (line[i + 3] as number) + NUDGE[1] - 0.5 - top;
    for (let row = Math.max(0, Math.ceil(Math.min(y0, y1))); row <= Math.min(height - 1, Math.max(y0, y1)); row++)
      toggle(Math.floor(x0 + ((row - y0) * (x1 - x0)) / (y1 - y0)), row, BLOCKED_RIGHT);
    for (let column = Math.max(0, Math.ceil(Math.min(x0, x1))); column <= Math.min(width - 1, Math.max(x0, x1)); column++)
      toggle(column, Math.floor(y0 + ((column - x0) * (y1 - y0)) / (x1 - x0)), BLOCKED_DOWN);
  }
  return any ? blocked : null;
}
