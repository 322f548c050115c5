/**
 * Interpolation between polygons or polylines of different point counts. Twin of cvat_widgets/model/polyline_interpolation.py, which names the
 * source of the method. Points are matched once for a pair of keyframes.
 */
import type { Points } from "../document/records";

type Curve = readonly (readonly [x: number, y: number])[];

interface Segment {
  readonly lefts: readonly number[];
  readonly rights: readonly number[];
  /** Candidates closer than this to the last kept one are left out. */
  readonly threshold: number;
}

export interface CurveMatch {
  readonly a: Curve;
  readonly b: Curve;
  readonly segments: readonly Segment[];
  readonly closed: boolean;
}

const at = <T>(list: readonly T[], index: number): T => list[index] as T;
const distance = (a: readonly [number, number], b: readonly [number, number]): number => Math.hypot(b[0] - a[0], b[1] - a[1]);

function curveOf(points: Points, closed: boolean): Curve {
  const curve: [number, number][] = [];
  for (let index = 0; index + 1 < points.length; index += 2) curve.push([at(points, index), at(points, index + 1)]);
  if (closed) curve.push(at(curve, 0));
  return curve;
}

/** Cumulative arc length of each point, 0 to 1; points of a curve without length are spread evenly. */
function arcPositions(curve: Curve): number[] {
  const sums = [0];
  for (let index = 1; index < curve.length; index++)
    sums.push(at(sums, index - 1) + distance(at(curve, index - 1), at(curve, index)));
  const total = at(sums, sums.length - 1);
  return sums.map((sum, index) => (total === 0 ? index / (curve.length - 1) : sum / total));
}

function nearest(value: number, positions: readonly number[]): number {
  let best = 0;
  for (let index = 1; index < positions.length; index++)
    if (Math.abs(at(positions, index) - value) < Math.abs(at(positions, best) - value)) best = index;
  return best;
}

function lengthOf(curve: Curve, indices: readonly number[]): number {
  let sum = 0;
  for (let index = 1; index < indices.length; index++)
    sum += distance(at(curve, at(indices, index - 1)), at(curve, at(indices, index)));
  // The hair's breadth decides ties the same way as the Python twin, whatever the rounding.
  return (sum / (2 * indices.length)) * (1 - 1e-9);
}

export function matchCurves(left: Points, right: Points, closed: boolean): CurveMatch {
  const a = curveOf(left, closed);
  const b = curveOf(right, closed);
  const positionsA = arcPositions(a);
  const positionsB = arcPositions(b);
  const matched = positionsA.map((position) => [nearest(position, positionsB)]);
  const taken = new Set(matched.map((points) => points[0]));
  positionsB.forEach((position, index) => {
    if (!taken.has(index)) at(matched, nearest(position, positionsA)).push(index);
  });
  for (const points of matched) points.sort((first, second) => first - second);
  const segments: Segment[] = [];
  for (let index = 0; index < matched.length; ) {
    const rights = at(matched, index);
    if (rights.length > 1) {
      segments.push({ lefts: rights.map(() => index), rights, threshold: lengthOf(b, rights) });
      index += 1;
      continue;
    }
    const lefts = [index];
    while (index + lefts.length < matched.length) {
      const next = at(matched, index + lefts.length);
      if (next.length !== 1 || next[0] !== rights[0]) break;
      lefts.push(index + lefts.length);
    }
    segments.push({ lefts, rights: lefts.map(() => at(rights, 0)), threshold: lengthOf(a, lefts) });
    index += lefts.length;
  }
  return { a, b, segments, closed };
}

function reduced(match: CurveMatch, { lefts, rights, threshold }: Segment, offset: number): [number, number][] {
  const candidates = lefts.map((left, index): [number, number] => {
    const [x, y] = at(match.a, left);
    const [toX, toY] = at(match.b, at(rights, index));
    return [x + (toX - x) * offset, y + (toY - y) * offset];
  });
  const first = at(candidates, 0);
  if (candidates.length === 1) return [first];
  const kept = [first];
  for (const candidate of candidates.slice(1, -1)) {
    if (distance(at(kept, kept.length - 1), candidate) >= threshold) kept.push(candidate);
  }
  const last = at(candidates, candidates.length - 1);
  if (kept.length === 1 && distance(first, last) < threshold) return [[(first[0] + last[0]) / 2, (first[1] + last[1]) / 2]];
  return [...kept, last];
}

export function interpolateCurves(match: CurveMatch, offset: number): number[] {
  const points = match.segments.flatMap((segment) => reduced(match, segment, offset));
  return (match.closed ? points.slice(0, -1) : points).flat();
}
