/** One or more separate points (x0, y0, x1, y1, …) that are one object. */
import { boxOfPoints, type ShapeKind, shiftPoints } from "./kind";
import { dragVertex, vertexHandles } from "./vertices";

export const points: ShapeKind = {
  type: "points",
  filled: false,
  dots: true,
  rotatable: false,
  minimumVertices: 1,

  bounds: (figure) => boxOfPoints(figure.points),

  trace() {},

  distance(figure, x, y) {
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i + 1 < figure.points.length; i += 2) {
      least = Math.min(least, Math.hypot((figure.points[i] as number) - x, (figure.points[i + 1] as number) - y));
    }
    return least;
  },

  handles: (figure, unit) => vertexHandles(figure.points, "none", unit),

  drag: (figure, handle, to) => ({ ...figure, points: dragVertex(figure.points, handle, to) }),

  move: (figure, dx, dy) => ({ ...figure, points: shiftPoints(figure.points, dx, dy) }),

  measure: (figure) => (figure.points.length === 2 ? "1 point" : `${figure.points.length / 2} points`),
};
