/**
 * A box in perspective: eight corners as four vertical edges, each top then bottom, going round: front left, front right,
 * back right, back left.
 */
import { dragCorner, dragEdge, dragFace, dragPerspective, edgesOfCuboid, faceCentre } from "../geometry/cuboid";
import { boxOfPoints, type Figure, type Handle, type PathSink, type ShapeKind, shiftPoints, sizeText } from "./kind";
import { distanceToEdges, isInside, traceVertices, vertexAt, vertexHandles } from "./vertices";

/** Edges shorter than this on screen show no handle in their middle. */
const MIN_EDGE = 30;

/** Indices of corners, in the order of an outline: front, right, back, left, top, bottom. */
const FACES: readonly (readonly number[])[] = [
  [0, 1, 3, 2],
  [2, 3, 5, 4],
  [4, 5, 7, 6],
  [6, 7, 1, 0],
  [0, 2, 4, 6],
  [1, 3, 5, 7],
];

function face(figure: Figure, index: number): number[] {
  return (FACES[index] as readonly number[]).flatMap((corner) => [...vertexAt(figure.points, corner)]);
}

function traceFaces(figure: Figure, indices: readonly number[], path: PathSink): void {
  for (const index of indices) traceVertices(face(figure, index), true, path);
}

export const cuboid: ShapeKind = {
  type: "cuboid",
  filled: true,
  dots: false,
  rotatable: false,
  minimumVertices: 0,

  bounds: (figure) => boxOfPoints(figure.points),

  /** Front and back, and the four edges between them as the sides of the left and right faces. */
  trace: (figure, path) => traceFaces(figure, [0, 2, 1, 3], path),

  traceFill: (figure, path) => traceFaces(figure, [0], path),

  distance(figure, x, y) {
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < FACES.length; i++) {
      const outline = face(figure, i);
      if (isInside(outline, x, y)) return 0;
      least = Math.min(least, distanceToEdges(outline, true, x, y));
    }
    return least;
  },

  handles({ points }, unit) {
    const handles: Handle[] = vertexHandles(points, "none", unit).map((handle) => ({ ...handle, kind: "corner" }));
    edgesOfCuboid(points).forEach(({ x, top, bottom }, index) => {
      if ((bottom - top) / unit >= MIN_EDGE) handles.push({ kind: "side", index, x, y: (top + bottom) / 2 });
    });
    for (const index of [1, 2, 3] as const) {
      const [x, y] = faceCentre(points, index);
      handles.push({ kind: "face", index, x, y });
    }
    return handles;
  },

  drag(figure, handle, to, { constrain }) {
    const { points } = figure;
    if (handle.kind === "side") return { ...figure, points: dragEdge(points, handle.index, to[0]) };
    if (handle.kind === "face") {
      const moved = dragFace(points, handle.index as 1 | 2 | 3, to[0] - handle.x, to[1] - handle.y);
      return { ...figure, points: moved };
    }
    return { ...figure, points: (constrain ? dragPerspective : dragCorner)(points, handle.index, to) };
  },

  move: (figure, dx, dy) => ({ ...figure, points: shiftPoints(figure.points, dx, dy) }),

  measure(figure) {
    const box = boxOfPoints(figure.points);
    return sizeText(box.maxX - box.minX, box.maxY - box.minY);
  },
};
