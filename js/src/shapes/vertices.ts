/** What shapes made of separate points share: where their edges are, and how points are moved, inserted and deleted. */
import type { Points } from "../document/records";
import type { Handle, Point } from "./kind";

/** Edges shorter than this on screen show no handle in their middle. */
const MIN_EDGE = 36;
/** Above this many points a handle each would hide the shape; they are shown where they are 2 screen pixels apart. */
const CROWDED = 400;

export function vertexAt(points: Points, index: number): Point {
  return [points[2 * index] as number, points[2 * index + 1] as number];
}

export function distanceToSegment(x: number, y: number, x0: number, y0: number, x1: number, y1: number): number {
  const dx = x1 - x0;
  const dy = y1 - y0;
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / length));
  return Math.hypot(x - x0 - t * dx, y - y0 - t * dy);
}

export interface EdgeHit {
  /** The edge starts at this vertex. */
  readonly index: number;
  readonly distance: number;
  /** The point of the edge that is nearest. */
  readonly at: Point;
}

/** The edge nearest to a point; null for fewer than two points. */
export function nearestEdge(points: Points, closed: boolean, x: number, y: number): EdgeHit | null {
  const count = points.length / 2;
  let nearest: EdgeHit | null = null;
  for (let i = 0; i < (closed ? count : count - 1); i++) {
    const [x0, y0] = vertexAt(points, i);
    const [x1, y1] = vertexAt(points, (i + 1) % count);
    const dx = x1 - x0;
    const dy = y1 - y0;
    const length = dx * dx + dy * dy;
    const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / length));
    const at: Point = [x0 + t * dx, y0 + t * dy];
    const distance = Math.hypot(x - at[0], y - at[1]);
    if (!nearest || distance < nearest.distance) nearest = { index: i, distance, at };
  }
  return count < 2 ? null : nearest;
}

export function distanceToEdges(points: Points, closed: boolean, x: number, y: number): number {
  const n = points.length;
  if (n === 0) return Number.POSITIVE_INFINITY;
  // Squares throughout, and one root at the end: this runs for every shape under the pointer.
  let least = Number.POSITIVE_INFINITY;
  let x0 = points[closed ? n - 2 : 0] as number;
  let y0 = points[closed ? n - 1 : 1] as number;
  for (let i = closed || n === 2 ? 0 : 2; i < n; i += 2) {
    const x1 = points[i] as number;
    const y1 = points[i + 1] as number;
    const dx = x1 - x0;
    const dy = y1 - y0;
    const length = dx * dx + dy * dy;
    let t = length === 0 ? 0 : ((x - x0) * dx + (y - y0) * dy) / length;
    if (t < 0) t = 0;
    else if (t > 1) t = 1;
    const ox = x - x0 - t * dx;
    const oy = y - y0 - t * dy;
    const square = ox * ox + oy * oy;
    if (square < least) least = square;
    x0 = x1;
    y0 = y1;
  }
  return Math.sqrt(least);
}

/** By the rule of non-zero winding, by which canvases fill. */
export function isInside(points: Points, x: number, y: number): boolean {
  let winding = 0;
  const n = points.length;
  for (let i = 0, j = n - 2; i < n; j = i, i += 2) {
    const y0 = points[j + 1] as number;
    const y1 = points[i + 1] as number;
    if (y0 > y === y1 > y) continue;
    const x0 = points[j] as number;
    const crossing = x0 + (((points[i] as number) - x0) * (y - y0)) / (y1 - y0);
    if (x < crossing) winding += y1 > y0 ? 1 : -1;
  }
  return winding !== 0;
}

export function moveVertex(points: Points, index: number, to: Point): number[] {
  const moved = [...points];
  moved[2 * index] = to[0];
  moved[2 * index + 1] = to[1];
  return moved;
}

/** Insert a point after vertex `index`. */
export function insertVertex(points: Points, index: number, at: Point): number[] {
  return [...points.slice(0, 2 * index + 2), ...at, ...points.slice(2 * index + 2)];
}

export function removeVertex(points: Points, index: number): number[] {
  return [...points.slice(0, 2 * index), ...points.slice(2 * index + 2)];
}

export function vertexHandles(points: Points, edges: "closed" | "open" | "none", unit: number): Handle[] {
  const handles: Handle[] = [];
  const count = points.length / 2;
  let last: Point | null = null;
  for (let i = 0; i < count; i++) {
    const [x, y] = vertexAt(points, i);
    if (count > CROWDED && last && Math.hypot(x - last[0], y - last[1]) < 2 * unit) continue;
    last = [x, y];
    handles.push({ kind: "vertex", index: i, x, y });
  }
  if (edges === "none") return handles;
  for (let i = 0; i < (edges === "closed" ? count : count - 1); i++) {
    const [x0, y0] = vertexAt(points, i);
    const [x1, y1] = vertexAt(points, (i + 1) % count);
    if (Math.hypot(x1 - x0, y1 - y0) < MIN_EDGE * unit) continue;
    handles.push({ kind: "edge", index: i, x: (x0 + x1) / 2, y: (y0 + y1) / 2 });
  }
  return handles;
}

/** Drag a vertex; an edge's handle becomes a new vertex. */
export function dragVertex(points: Points, handle: Handle, to: Point): number[] {
  return handle.kind === "edge" ? insertVertex(points, handle.index, to) : moveVertex(points, handle.index, to);
}

export function traceVertices(
  points: Points,
  closed: boolean,
  path: { moveTo(x: number, y: number): void; lineTo(x: number, y: number): void; closePath(): void },
): void {
  for (let i = 0; i + 1 < points.length; i += 2) {
    if (i === 0) path.moveTo(points[0] as number, points[1] as number);
    else path.lineTo(points[i] as number, points[i + 1] as number);
  }
  if (closed) path.closePath();
}
