/** A new path in place of a part of an outline, and which of the two parts of a polygon gives way. */
import type { Points } from "../document/records";
import { length, nearestPlace, reversed, vertex } from "./contour";

/** Which part of a polygon is cut off: the one that runs forward from the first vertex to the second, or the other. */
export type Part = 0 | 1;

/** Vertices strictly between two of a closed outline, in its direction. */
function between(points: Points, from: number, to: number): number[] {
  return from < to ? points.slice(2 * from + 2, 2 * to) : [...points.slice(2 * from + 2), ...points.slice(0, 2 * to)];
}

/** A line with a new path between two of its vertices, both of which stay. */
export function lineWithPart(points: Points, from: number, to: number, path: Points): number[] {
  const [first, last, part] = from <= to ? [from, to, path] : [to, from, reversed(path)];
  return [...points.slice(0, 2 * first + 2), ...part, ...points.slice(2 * last)];
}

/**
 * A polygon with a path from vertex `from` to vertex `to`, both of which stay, in place of one of the parts between them. It keeps
 * its direction, and its starting point unless that is cut off.
 */
export function ringWithPart(points: Points, from: number, to: number, path: Points, part: Part): number[] {
  if (part === 1) return ringWithPart(points, to, from, reversed(path), 0);
  return from < to ? lineWithPart(points, from, to, path) : [...points.slice(2 * to, 2 * from + 2), ...path];
}

/** The part of a polygon that is cut off, as a line from one vertex to the other. */
export function cutPart(points: Points, from: number, to: number, part: Part): number[] {
  if (part === 1) return cutPart(points, to, from, 0);
  return [...vertex(points, from), ...between(points, from, to), ...vertex(points, to)];
}

/**
 * The part that has both fewer points and the shorter line; where the points are equally many the line decides. Null if the one
 * says this part and the other that: then somebody has to choose.
 */
export function smallerPart(points: Points, from: number, to: number): Part | null {
  const parts = ([0, 1] as const).map((part) => cutPart(points, from, to, part)) as [number[], number[]];
  const byPoints = Math.sign(parts[0].length - parts[1].length);
  const byLength = Math.sign(length(parts[0]) - length(parts[1]));
  if (byLength === 0 || byPoints === -byLength) return null;
  return byLength < 0 ? 0 : 1;
}

/** The part that runs nearer to a new path: what is shown first where somebody has to choose. */
export function nearerPart(points: Points, from: number, to: number, path: Points): Part {
  const probes =
    path.length > 0 ? path : vertex(points, from).map((value, axis) => (value + (vertex(points, to)[axis] as number)) / 2);
  const distance = (part: Part): number => {
    const line = cutPart(points, from, to, part);
    let sum = 0;
    for (let i = 0; i + 1 < probes.length; i += 2)
      sum += nearestPlace(line, false, [probes[i] as number, probes[i + 1] as number])?.distance ?? 0;
    return sum;
  };
  return distance(0) <= distance(1) ? 0 : 1;
}
