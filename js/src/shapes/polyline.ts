/** An open line of at least two vertices (x0, y0, x1, y1, …). */
import { boxOfPoints, type ShapeKind, shiftPoints } from "./kind";
import { distanceToEdges, dragVertex, traceVertices, vertexHandles } from "./vertices";

export const polyline: ShapeKind = {
  type: "polyline",
  filled: false,
  dots: false,
  rotatable: false,
  minimumVertices: 2,

  bounds: (figure) => boxOfPoints(figure.points),

  trace: (figure, path) => traceVertices(figure.points, false, path),

  distance: ({ points }, x, y) => distanceToEdges(points, false, x, y),

  handles: (figure, unit) => vertexHandles(figure.points, "open", unit),

  drag: (figure, handle, to) => ({ ...figure, points: dragVertex(figure.points, handle, to) }),

  move: (figure, dx, dy) => ({ ...figure, points: shiftPoints(figure.points, dx, dy) }),

  measure({ points }) {
    let length = 0;
    for (let i = 0; i + 3 < points.length; i += 2) {
      length += Math.hypot(
        (points[i + 2] as number) - (points[i] as number),
        (points[i + 3] as number) - (points[i + 1] as number),
      );
    }
    return `length ${length.toFixed(1)}`;
  },
};
