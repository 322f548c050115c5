/** What paints on bitmaps, and the size of the tiles that it paints on. */
import type { Point } from "../shapes/kind";

/** Pixels along the side of a tile. */
export const TILE = 256;

export interface Brush {
  readonly form: "circle" | "square";
  /** Its width in whole pixels, at least 1. */
  readonly size: number;
}

/** Where a brush is put for a cursor: in the middle of a pixel, or between pixels if its size is even. */
export function snapToBrush([x, y]: Point, size: number): Point {
  return size % 2 === 1 ? [Math.floor(x) + 0.5, Math.floor(y) + 0.5] : [Math.round(x), Math.round(y)];
}
