/** Joints and the bones between them; the figure has the joints that are shown, one after another. */
import { boxOfPoints, type ShapeKind, shiftPoints, sizeText } from "./kind";
import { distanceToSegment, moveVertex, vertexAt, vertexHandles } from "./vertices";

export const skeleton: ShapeKind = {
  type: "skeleton",
  filled: false,
  dots: true,
  rotatable: false,
  minimumVertices: 0,

  bounds: (figure) => boxOfPoints(figure.points),

  trace({ points, edges }, path) {
    for (let i = 0; i + 1 < edges.length; i += 2) {
      path.moveTo(...vertexAt(points, edges[i] as number));
      path.lineTo(...vertexAt(points, edges[i + 1] as number));
    }
  },

  distance({ points, edges }, x, y) {
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < points.length / 2; i++) {
      const [jointX, jointY] = vertexAt(points, i);
      least = Math.min(least, Math.hypot(jointX - x, jointY - y));
    }
    for (let i = 0; i + 1 < edges.length; i += 2) {
      const [x0, y0] = vertexAt(points, edges[i] as number);
      const [x1, y1] = vertexAt(points, edges[i + 1] as number);
      least = Math.min(least, distanceToSegment(x, y, x0, y0, x1, y1));
    }
    return least;
  },

  handles: (figure, unit) => vertexHandles(figure.points, "none", unit),

  drag: (figure, handle, to) => ({ ...figure, points: moveVertex(figure.points, handle.index, to) }),

  move: (figure, dx, dy) => ({ ...figure, points: shiftPoints(figure.points, dx, dy) }),

  measure(figure) {
    const box = boxOfPoints(figure.points);
    return sizeText(box.maxX - box.minX, box.maxY - box.minY);
  },
};
