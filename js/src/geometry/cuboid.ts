/**
 * Cuboids in one-point perspective: four vertical edges, front left, front right, back right, back left, each with a top and a
 * bottom. The front face is the grey one; the vertical edges stay vertical whatever is dragged.
 */
import type { Points } from "../document/records";

type Point = readonly [x: number, y: number];

interface Edge {
  readonly x: number;
  readonly top: number;
  readonly bottom: number;
}

export type Edges = readonly [frontLeft: Edge, frontRight: Edge, backRight: Edge, backLeft: Edge];

/** Depth of a cuboid made from its front, as a share of the height. */
const DEPTH = 0.1;

export function edgesOfCuboid(points: Points): Edges {
  const edge = (index: number): Edge => ({
    x: ((points[4 * index] as number) + (points[4 * index + 2] as number)) / 2,
    top: points[4 * index + 1] as number,
    bottom: points[4 * index + 3] as number,
  });
  return [edge(0), edge(1), edge(2), edge(3)];
}

export function pointsOfCuboid(edges: Edges): number[] {
  return edges.flatMap(({ x, top, bottom }) => [x, top, x, bottom]);
}

function shifted(edge: Edge, dx: number, dy: number): Edge {
  return { x: edge.x + dx, top: edge.top + dy, bottom: edge.bottom + dy };
}

function extruded(left: Edge, right: Edge, dx: number, dy: number): number[] {
  return pointsOfCuboid([left, right, shifted(right, dx, dy), shifted(left, dx, dy)]);
}

/** The front face is the rectangle; the back lies a little up and to the right. */
export function cuboidFromRectangle(x0: number, y0: number, x1: number, y1: number): number[] {
  const [left, right] = [Math.min(x0, x1), Math.max(x0, x1)];
  const [top, bottom] = [Math.min(y0, y1), Math.max(y0, y1)];
  const depth = (bottom - top) * DEPTH;
  return extruded({ x: left, top, bottom }, { x: right, top, bottom }, depth, -depth);
}

/** Three points are corners of the front face, two of them on one vertical edge; the fourth says how deep the cuboid is. */
export function cuboidFromPoints(a: Point, b: Point, c: Point, depth: Point): number[] {
  // The pair that is most upright is the vertical edge.
  const pairs: readonly (readonly [Point, Point, Point])[] = [
    [a, b, c],
    [b, c, a],
    [a, c, b],
  ];
  const slope = ([p, q]: readonly [Point, Point, Point]): number =>
    Math.abs(p[0] - q[0]) / Math.max(Math.abs(p[1] - q[1]), 1e-9);
  const [p, q, corner] = pairs.reduce((best, pair) => (slope(pair) < slope(best) ? pair : best));
  const near: Edge = { x: (p[0] + q[0]) / 2, top: Math.min(p[1], q[1]), bottom: Math.max(p[1], q[1]) };
  const isTop = Math.abs(corner[1] - near.top) <= Math.abs(corner[1] - near.bottom);
  const dy = corner[1] - (isTop ? near.top : near.bottom);
  const far: Edge = { x: corner[0], top: near.top + dy, bottom: near.bottom + dy };
  const [left, right] = far.x < near.x ? [far, near] : [near, far];
  const corners: readonly Point[] = [left, right].flatMap(({ x, top, bottom }): Point[] => [
    [x, top],
    [x, bottom],
  ]);
  const distance = ([x, y]: Point): number => Math.hypot(depth[0] - x, depth[1] - y);
  const from = corners.reduce((best, each) => (distance(each) < distance(best) ? each : best));
  return extruded(left, right, depth[0] - from[0], depth[1] - from[1]);
}

/** A corner (0–7: top and bottom of each edge) is dragged: sideways its side follows, up and down all tops or all bottoms do. */
export function dragCorner(points: Points, corner: number, [x, y]: Point): number[] {
  const edges = edgesOfCuboid(points);
  const index = corner >> 1;
  const isTop = corner % 2 === 0;
  const own = edges[index] as Edge;
  const [dx, dy] = [x - own.x, y - (isTop ? own.top : own.bottom)];
  const isLeft = index === 0 || index === 3;
  const moved = edges.map(
    (edge, i): Edge => ({
      x: edge.x + ((i === 0 || i === 3) === isLeft ? dx : 0),
      top: edge.top + (isTop ? dy : 0),
      bottom: edge.bottom + (isTop ? 0 : dy),
    }),
  );
  return pointsOfCuboid(moved as unknown as Edges);
}

/** A corner of the back is dragged with Shift: the back face grows or shrinks about its middle, which is perspective. */
export function dragPerspective(points: Points, corner: number, [x, y]: Point): number[] {
  const edges = edgesOfCuboid(points);
  const index = corner >> 1;
  if (index < 2) return dragCorner(points, corner, [x, y]);
  const isTop = corner % 2 === 0;
  const own = edges[index] as Edge;
  const [dx, dy] = [x - own.x, y - (isTop ? own.top : own.bottom)];
  const back = (edge: Edge, i: number): Edge => ({
    x: edge.x + (i === index ? dx : 0),
    top: edge.top + (isTop ? dy : -dy),
    bottom: edge.bottom + (isTop ? -dy : dy),
  });
  return pointsOfCuboid([edges[0], edges[1], back(edges[2], 2), back(edges[3], 3)]);
}

/** The height of a line through two edges' ends at some x. */
function along(a: Edge, b: Edge, end: "top" | "bottom", x: number): number {
  return Math.abs(b.x - a.x) < 1e-9 ? a[end] : a[end] + ((b[end] - a[end]) * (x - a.x)) / (b.x - a.x);
}

/** An edge slides along its face: a front edge changes the width of the front, a back edge the depth. */
export function dragEdge(points: Points, index: number, x: number): number[] {
  const edges = [...edgesOfCuboid(points)] as [Edge, Edge, Edge, Edge];
  const slide = (edge: Edge, to: Edge, at: number): Edge => ({
    x: at,
    top: along(edge, to, "top", at),
    bottom: along(edge, to, "bottom", at),
  });
  if (index < 2) {
    const other = edges[1 - index] as Edge;
    const own = edges[index] as Edge;
    const back = index === 0 ? 3 : 2;
    const dx = x - own.x;
    const moved = slide(own, other, x);
    edges[index] = moved;
    edges[back] = shifted(edges[back], dx, moved.top - own.top);
    return pointsOfCuboid(edges);
  }
  const front = edges[index === 2 ? 1 : 0] as Edge;
  const own = edges[index] as Edge;
  const share = Math.abs(own.x - front.x) < 1e-9 ? 1 : (x - front.x) / (own.x - front.x);
  const deepened = (near: Edge, far: Edge): Edge => ({
    x: near.x + (far.x - near.x) * share,
    top: near.top + (far.top - near.top) * share,
    bottom: near.bottom + (far.bottom - near.bottom) * share,
  });
  return pointsOfCuboid([edges[0], edges[1], deepened(edges[1], edges[2]), deepened(edges[0], edges[3])]);
}

/** A face moves by itself: 1 the right one, 2 the back, 3 the left one. */
export function dragFace(points: Points, face: 1 | 2 | 3, dx: number, dy: number): number[] {
  const of: Readonly<Record<1 | 2 | 3, readonly number[]>> = { 1: [1, 2], 2: [2, 3], 3: [0, 3] };
  const moving = of[face];
  const edges = edgesOfCuboid(points).map((edge, i) => (moving.includes(i) ? shifted(edge, dx, dy) : edge));
  return pointsOfCuboid(edges as unknown as Edges);
}

/** The middle of a face; 0 is the front. */
export function faceCentre(points: Points, face: 0 | 1 | 2 | 3): Point {
  const edges = edgesOfCuboid(points);
  const [a, b] = [edges[face] as Edge, edges[(face + 1) % 4] as Edge];
  return [(a.x + b.x) / 2, (a.top + a.bottom + b.top + b.bottom) / 4];
}

/** Back edges as long as the front ones, at the depth of their middles. */
export function resetPerspective(points: Points): number[] {
  const [left, right, backRight, backLeft] = edgesOfCuboid(points);
  const middle = ({ top, bottom }: Edge): number => (top + bottom) / 2;
  const dx = (backRight.x - right.x + (backLeft.x - left.x)) / 2;
  const dy = (middle(backRight) - middle(right) + (middle(backLeft) - middle(left))) / 2;
  return extruded(left, right, dx, dy);
}

/** The side face that is seen becomes the front; perspective is reset, as in CVAT. */
export function switchOrientation(points: Points): number[] {
  const [left, right, backRight, backLeft] = edgesOfCuboid(points);
  const rightSide = backRight.x > right.x;
  const turned: Edges = rightSide ? [right, backRight, backLeft, left] : [backLeft, left, right, backRight];
  return resetPerspective(pointsOfCuboid(turned));
}
