/**
 * A box in perspective: eight corners as four vertical edges, each top then bottom, going round: front left, front right,
 * back right, back left.
 */
import { boxOfPoints, type Figure, type PathSink, type ShapeKind, shiftPoints, sizeText } from "./kind";
import { distanceToEdges, dragVertex, isInside, traceVertices, vertexAt, vertexHandles } from "./vertices";

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

  handles: (figure, unit) => vertexHandles(figure.points, "none", unit),

  drag: (figure, handle, to) => ({ ...figure, points: dragVertex(figure.points, handle, to) }),

  move: (figure, dx, dy) => ({ ...figure, points: shiftPoints(figure.points, dx, dy) }),

  measure(figure) {
    const box = boxOfPoints(figure.points);
    return sizeText(box.maxX - box.minX, box.maxY - box.minY);
  },
};
