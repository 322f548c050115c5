/**
 * Sets of pixels as runs: every operation costs what their borders cost, not what their areas do.
 *
 * On the wire a mask is CVAT's: lengths of runs, row by row inside a box, beginning with zeros, then left, top, right, bottom
 * (inclusive). Twin of cvat_widgets/model/masks.py. Here: reading, writing and the algebra; `fill`, `outline` and `cut` have the
 * rest, `tiles` the form in which a mask is painted.
 */
import type { Points } from "../document/records";

/** Starts and ends [start, end) of runs, in order; runs never touch. */
export type Runs = readonly number[];

export interface Bitmap {
  /** The row of the picture that `rows[0]` is. */
  readonly top: number;
  /** Runs of each row, in columns of the picture. The first and the last row may be empty. */
  readonly rows: readonly Runs[];
}

/** Whole pixels; right and bottom are exclusive. */
export interface PixelBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export const EMPTY_BITMAP: Bitmap = { top: 0, rows: [] };
const NO_RUNS: Runs = [];

export function rowOf(bitmap: Bitmap, row: number): Runs {
  return bitmap.rows[row - bitmap.top] ?? NO_RUNS;
}

/** The smallest box around what is set; null if nothing is. */
export function boxOfBitmap({ top, rows }: Bitmap): PixelBox | null {
  let first = -1;
  let last = -1;
  let left = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  rows.forEach((runs, row) => {
    if (runs.length === 0) return;
    if (first < 0) first = row;
    last = row;
    left = Math.min(left, runs[0] as number);
    right = Math.max(right, runs.at(-1) as number);
  });
  return first < 0 ? null : { left, top: top + first, right, bottom: top + last + 1 };
}

export function isEmptyBitmap(bitmap: Bitmap): boolean {
  return bitmap.rows.every((runs) => runs.length === 0);
}

/** How many pixels are set. */
export function areaOfBitmap({ rows }: Bitmap): number {
  let area = 0;
  for (const runs of rows) for (let i = 0; i + 1 < runs.length; i += 2) area += (runs[i + 1] as number) - (runs[i] as number);
  return area;
}

export function hasPixel(bitmap: Bitmap, column: number, row: number): boolean {
  const runs = rowOf(bitmap, row);
  for (let i = 0; i + 1 < runs.length; i += 2)
    if (column >= (runs[i] as number) && column < (runs[i + 1] as number)) return true;
  return false;
}

// -- the wire -----------------------------------------------------------------------------------------------------------------------

export function decodeMask(points: Points): Bitmap {
  const [left, top, right, bottom] = points.slice(-4) as [number, number, number, number];
  const width = right - left + 1;
  const height = bottom - top + 1;
  if (points.length < 5 || !(width > 0) || !(height > 0)) return EMPTY_BITMAP;
  const rows: number[][] = Array.from({ length: height }, () => []);
  const size = width * height;
  let position = 0;
  for (let i = 0; i < points.length - 4 && position < size; i++) {
    const end = Math.min(size, position + (points[i] as number));
    if (i % 2 === 1) {
      let row = Math.floor(position / width);
      let start = position - row * width;
      for (let rest = end - position; rest > 0; row++) {
        const length = Math.min(rest, width - start);
        push(rows[row] as number[], left + start, left + start + length);
        rest -= length;
        start = 0;
      }
    }
    position = end;
  }
  return { top, rows };
}

/** In the smallest box; an empty bitmap is one unset pixel at the origin. */
export function encodeMask(bitmap: Bitmap): number[] {
  const box = boxOfBitmap(bitmap);
  if (!box) return [1, 0, 0, 0, 0];
  const { left, top, right, bottom } = box;
  const width = right - left;
  const points: number[] = [];
  /** Where the run under way began and what it is made of; runs go on from one row to the next. */
  let from = 0;
  let set = false;
  for (let row = top; row < bottom; row++) {
    const offset = (row - top) * width - left;
    const runs = rowOf(bitmap, row);
    for (let i = 0; i + 1 < runs.length; i += 2) {
      const start = offset + (runs[i] as number);
      const end = offset + (runs[i + 1] as number);
      if (set && start === from) {
        // The last run reached the end of its row, and this one begins at the start of the next.
        points[points.length - 1] = (points.at(-1) as number) + end - start;
      } else {
        points.push(start - from, end - start);
        set = true;
      }
      from = end;
    }
  }
  const rest = width * (bottom - top) - from;
  if (rest > 0) points.push(rest);
  points.push(left, top, right - 1, bottom - 1);
  return points;
}

// -- algebra ------------------------------------------------------------------------------------------------------------------------

/** Add a run after those of a row, joined to the last one if they touch. */
export function push(runs: number[], start: number, end: number): void {
  if (end <= start) return;
  if (runs.length > 0 && (runs.at(-1) as number) >= start) runs[runs.length - 1] = Math.max(runs.at(-1) as number, end);
  else runs.push(start, end);
}

type Rule = (inA: boolean, inB: boolean) => boolean;

function combineRows(a: Runs, b: Runs, rule: Rule): Runs {
  const result: number[] = [];
  let [i, j] = [0, 0];
  let inside = false;
  while (i < a.length || j < b.length) {
    const x = Math.min(a[i] ?? Number.POSITIVE_INFINITY, b[j] ?? Number.POSITIVE_INFINITY);
    if (a[i] === x) i++;
    if (b[j] === x) j++;
    const now = rule(i % 2 === 1, j % 2 === 1);
    if (now !== inside) {
      result.push(x);
      inside = now;
    }
  }
  return result;
}

function combine(a: Bitmap, b: Bitmap, rule: Rule, from: number, to: number): Bitmap {
  const rows: Runs[] = [];
  for (let row = from; row < to; row++) rows.push(combineRows(rowOf(a, row), rowOf(b, row), rule));
  return { top: from, rows };
}

export function unite(a: Bitmap, b: Bitmap): Bitmap {
  if (a.rows.length === 0) return b;
  if (b.rows.length === 0) return a;
  const from = Math.min(a.top, b.top);
  const to = Math.max(a.top + a.rows.length, b.top + b.rows.length);
  return combine(a, b, (inA, inB) => inA || inB, from, to);
}

/** The union of any number of bitmaps. */
export function uniteAll(bitmaps: readonly Bitmap[]): Bitmap {
  return bitmaps.reduce(unite, EMPTY_BITMAP);
}

/** What is in `a` and not in `b`. */
export function subtract(a: Bitmap, b: Bitmap): Bitmap {
  return combine(a, b, (inA, inB) => inA && !inB, a.top, a.top + a.rows.length);
}

export function intersect(a: Bitmap, b: Bitmap): Bitmap {
  const from = Math.max(a.top, b.top);
  const to = Math.min(a.top + a.rows.length, b.top + b.rows.length);
  return combine(a, b, (inA, inB) => inA && inB, from, to);
}

export function sameBitmap(a: Bitmap, b: Bitmap): boolean {
  const from = Math.min(a.top, b.top);
  const to = Math.max(a.top + a.rows.length, b.top + b.rows.length);
  for (let row = from; row < to; row++) {
    const [one, other] = [rowOf(a, row), rowOf(b, row)];
    if (one.length !== other.length || one.some((bound, i) => bound !== other[i])) return false;
  }
  return true;
}

/** Every pixel of a box. */
export function bitmapOfBox({ left, top, right, bottom }: PixelBox): Bitmap {
  if (right <= left || bottom <= top) return EMPTY_BITMAP;
  return { top, rows: Array.from({ length: bottom - top }, () => [left, right]) };
}

/** What lies on a picture. */
export function clipToPicture(bitmap: Bitmap, width: number, height: number): Bitmap {
  return intersect(bitmap, bitmapOfBox({ left: 0, top: 0, right: width, bottom: height }));
}

/** Whether two boxes have a pixel in common. */
export function boxesMeet(a: PixelBox, b: PixelBox): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

export { splitBitmap } from "./cut";
export { partsOf } from "./outline";
