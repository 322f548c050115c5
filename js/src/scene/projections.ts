/** The edges of cuboids that run away from the viewer, prolonged over the whole picture: where they meet is the vanishing point. */
import type { Figure } from "../shapes/kind";
import type { Item } from "./items";
import type { Context } from "./painter";

/** The two ends of each such edge, as indices of corners: front then back; tops before bottoms, left before right. */
const EDGES: readonly (readonly [number, number])[] = [
  [0, 6],
  [1, 7],
  [2, 4],
  [3, 5],
];
/** More would cover the picture. */
const MAX_CUBOIDS = 50;
const DASH = 3;

export type Line = readonly [x0: number, y0: number, x1: number, y1: number];

/** Where the line through two points enters and leaves a picture; null if it misses it or the points are one. */
export function throughPicture(x0: number, y0: number, x1: number, y1: number, width: number, height: number): Line | null {
  const [dx, dy] = [x1 - x0, y1 - y0];
  if (Math.hypot(dx, dy) < 1e-6) return null;
  let from = Number.NEGATIVE_INFINITY;
  let to = Number.POSITIVE_INFINITY;
  for (const [start, step, most] of [
    [x0, dx, width],
    [y0, dy, height],
  ] as const) {
    if (step === 0) {
      if (start < 0 || start > most) return null;
      continue;
    }
    const [a, b] = [-start / step, (most - start) / step];
    from = Math.max(from, Math.min(a, b));
    to = Math.min(to, Math.max(a, b));
  }
  return from < to ? [x0 + from * dx, y0 + from * dy, x0 + to * dx, y0 + to * dy] : null;
}

export function projectionsOf({ points }: Pick<Figure, "points">, width: number, height: number): Line[] {
  return EDGES.flatMap(([front, back]) => {
    const ends = [points[2 * front], points[2 * front + 1], points[2 * back], points[2 * back + 1]] as [
      number,
      number,
      number,
      number,
    ];
    return ends.every(Number.isFinite) ? [throughPicture(...ends, width, height)].filter((line) => line !== null) : [];
  });
}

/** Draw on a context that was entered; `unit` is a CSS pixel in pixels of the picture. */
export function drawProjections(
  context: Context,
  items: Iterable<Item>,
  [width, height]: readonly [number, number],
  unit: number,
): void {
  let count = 0;
  context.lineWidth = unit;
  context.setLineDash([DASH * unit, DASH * unit]);
  for (const item of items) {
    if (item.type !== "cuboid") continue;
    if (++count > MAX_CUBOIDS) break;
    context.strokeStyle = item.color;
    context.beginPath();
    for (const [x0, y0, x1, y1] of projectionsOf(item, width, height)) {
      context.moveTo(x0, y0);
      context.lineTo(x1, y1);
    }
    context.stroke();
  }
  context.setLineDash([]);
}
