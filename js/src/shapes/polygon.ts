/** A closed outline of at least three vertices (x0, y0, x1, y1, …). */
import { boxOfPoints, type ShapeKind, shiftPoints, sizeText } from "./kind";
import { distanceToEdges, dragVertex, isInside, traceVertices, vertexHandles } from "./vertices";

export const polygon: ShapeKind = {
  type: "polygon",
  filled: true,
  dots: false,
  rotatable: false,
  minimumVertices: 3,

  bounds: (figure) => boxOfPoints(figure.points),

  trace: (figure, path) => traceVertices(figure.points, true, path),

  distance: ({ points }, x, y) => (isInside(points, x, y) ? 0 : distanceToEdges(points, true, x, y)),

  handles: (figure, unit) => vertexHandles(figure.points, "closed", unit),

  drag: (figure, handle, to) => ({ ...figure, points: dragVertex(figure.points, handle, to) }),

  move: (figure, dx, dy) => ({ ...figure, points: shiftPoints(figure.points, dx, dy) }),

  measure(figure) {
    const box = boxOfPoints(figure.points);
    return sizeText(box.maxX - box.minX, box.maxY - box.minY);
  },
};
