/** Lines and outlines with fewer points. */
import type { Points } from "../document/records";

/** The most detail there is: every point is kept. The scale is CVAT's. */
export const MOST_DETAIL = 13;

/** How far, in pixels, an outline may leave the one it stands for: about twice as far for every two steps less of detail. */
export function distanceOfDetail(detail: number): number {
  return detail >= MOST_DETAIL ? 0 : 0.4 * 1.4 ** (MOST_DETAIL - 1 - Math.max(0, detail));
}

/** Square of the distance of a point from the stretch between two others. */
function squareDistance(points: Points, at: number, from: number, to: number): number {
  const [x, y] = [points[2 * at] as number, points[2 * at + 1] as number];
  const [ax, ay] = [points[2 * from] as number, points[2 * from + 1] as number];
  const [dx, dy] = [(points[2 * to] as number) - ax, (points[2 * to + 1] as number) - ay];
  const length = dx * dx + dy * dy;
  const part = length > 0 ? Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
  return (ax + part * dx - x) ** 2 + (ay + part * dy - y) ** 2;
}

/** The line without points that are nearer to it than a distance; its ends stay (Douglas and Peucker). */
export function simplifiedLine(points: Points, distance: number): number[] {
  const count = points.length / 2;
  if (distance <= 0 || count < 3) return [...points];
  const kept = new Uint8Array(count);
  kept[0] = kept[count - 1] = 1;
  const open: (readonly [from: number, to: number])[] = [[0, count - 1]];
  for (let stretch = open.pop(); stretch; stretch = open.pop()) {
    const [from, to] = stretch;
    let farthest = -1;
    let most = distance * distance;
    for (let i = from + 1; i < to; i++) {
      const away = squareDistance(points, i, from, to);
      if (away > most) [farthest, most] = [i, away];
    }
    if (farthest < 0) continue;
    kept[farthest] = 1;
    open.push([from, farthest], [farthest, to]);
  }
  const result: number[] = [];
  for (let i = 0; i < count; i++) if (kept[i]) result.push(points[2 * i] as number, points[2 * i + 1] as number);
  return result;
}

/** The same of a closed outline; it never has fewer than three points if it had three. */
export function simplifiedRing(points: Points, distance: number): number[] {
  const count = points.length / 2;
  if (distance <= 0 || count <= 3) return [...points];
  // Its two ends: the first point, and the one farthest from it.
  let far = 0;
  let most = -1;
  for (let i = 1; i < count; i++) {
    const away = squareDistance(points, i, 0, 0);
    if (away > most) [far, most] = [i, away];
  }
  const there = simplifiedLine(points.slice(0, 2 * far + 2), distance);
  const back = simplifiedLine([...points.slice(2 * far), ...points.slice(0, 2)], distance);
  const ring = [...there, ...back.slice(2, -2)];
  return ring.length >= 6 ? ring : simplifiedRing(points, distance / 2);
}
