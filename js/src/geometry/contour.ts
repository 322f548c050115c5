/** Outlines of points: the nearest place on one, the way along one, cutting one at the border of the picture. */
import type { Points } from "../document/records";

type Point = readonly [x: number, y: number];

/** A place on a contour: on the edge that starts at vertex `index`, `share` of the way along it. */
export interface ContourPlace {
  readonly index: number;
  readonly share: number;
  readonly at: Point;
  readonly distance: number;
}

export function vertex(points: Points, index: number): Point {
  return [points[2 * index] as number, points[2 * index + 1] as number];
}

/** The nearest place on the contour; vertices count as nearer by `pull` than places between them. Null for no points. */
export function nearestPlace(points: Points, closed: boolean, [x, y]: Point, pull = 0): ContourPlace | null {
  const count = points.length / 2;
  let best: ContourPlace | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (let index = 0; index < count; index++) {
    const [x0, y0] = vertex(points, index);
    const toVertex = Math.hypot(x - x0, y - y0);
    if (toVertex - pull < least) {
      least = toVertex - pull;
      best = { index, share: 0, at: [x0, y0], distance: toVertex };
    }
    if (!closed && index === count - 1) break;
    const [x1, y1] = vertex(points, (index + 1) % count);
    const [dx, dy] = [x1 - x0, y1 - y0];
    const length = dx * dx + dy * dy;
    if (length === 0) continue;
    const share = ((x - x0) * dx + (y - y0) * dy) / length;
    if (share <= 0 || share >= 1) continue;
    const at: Point = [x0 + share * dx, y0 + share * dy];
    const distance = Math.hypot(x - at[0], y - at[1]);
    if (distance < least) {
      least = distance;
      best = { index, share, at, distance };
    }
  }
  return best;
}

/** The vertices strictly between two places, the shorter way round if the contour is closed. */
export function pathBetween(points: Points, closed: boolean, from: ContourPlace, to: ContourPlace): number[] {
  const forward = walk(points, from, to);
  if (!closed) {
    const position = ({ index, share }: ContourPlace): number => index + share;
    return position(from) <= position(to) ? forward : reversed(walk(points, to, from));
  }
  const backward = reversed(walk(points, to, from));
  return length([...from.at, ...forward, ...to.at]) <= length([...from.at, ...backward, ...to.at]) ? forward : backward;
}

/** Vertices after `from` and before `to`, in the order of the contour. */
function walk(points: Points, from: ContourPlace, to: ContourPlace): number[] {
  const count = points.length / 2;
  const steps: number[] = [];
  // On one edge, and in its direction: nothing lies between.
  if (from.index === to.index && from.share <= to.share) return steps;
  const last = to.share > 0 ? to.index : (to.index - 1 + count) % count;
  if (from.index === last) return steps;
  for (let index = (from.index + 1) % count; ; index = (index + 1) % count) {
    steps.push(...vertex(points, index));
    if (index === last || steps.length >= points.length) return steps;
  }
}

export function reversed(points: Points): number[] {
  const result: number[] = [];
  for (let i = points.length - 2; i >= 0; i -= 2) result.push(points[i] as number, points[i + 1] as number);
  return result;
}

export function length(points: Points): number {
  let sum = 0;
  for (let i = 2; i + 1 < points.length; i += 2) {
    sum += Math.hypot((points[i] as number) - (points[i - 2] as number), (points[i + 1] as number) - (points[i - 1] as number));
  }
  return sum;
}

/** The same outline, beginning with another vertex. */
export function startingAt(points: Points, index: number): number[] {
  return [...points.slice(2 * index), ...points.slice(0, 2 * index)];
}

/** The outline with its direction turned round; it still begins with the same vertex. */
export function turnedRound(points: Points): number[] {
  return [...points.slice(0, 2), ...reversed(points.slice(2))];
}

/**
 * The part of a polygon inside the picture, by Sutherland and Hodgman's method ("Reentrant polygon clipping", 1974): clipped
 * at one border after another. Where a concave polygon falls apart, its parts stay joined along the border.
 */
export function clippedToPicture(points: Points, [width, height]: Point): number[] {
  let clipped: number[] = [...points];
  const borders: readonly (readonly [axis: 0 | 1, limit: number, sign: 1 | -1])[] = [
    [0, 0, 1],
    [0, width, -1],
    [1, 0, 1],
    [1, height, -1],
  ];
  for (const [axis, limit, sign] of borders) {
    const before = clipped;
    clipped = [];
    const count = before.length / 2;
    for (let i = 0; i < count; i++) {
      const here = vertex(before, i);
      const next = vertex(before, (i + 1) % count);
      const [inside, nextInside] = [(here[axis] - limit) * sign >= 0, (next[axis] - limit) * sign >= 0];
      if (inside) clipped.push(...here);
      if (inside === nextInside) continue;
      const share = (limit - here[axis]) / (next[axis] - here[axis]);
      const crossing: [number, number] = [here[0] + share * (next[0] - here[0]), here[1] + share * (next[1] - here[1])];
      crossing[axis] = limit;
      clipped.push(...crossing);
    }
  }
  return clipped;
}
