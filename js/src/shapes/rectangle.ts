/** Two opposite corners (x0, y0, x1, y1), turned about the centre. */
import { boxHandles, dragBox, halfExtent, place, type TurnedBox, turn } from "./boxed";
import { type Figure, type ShapeKind, shiftPoints, sizeText } from "./kind";

function boxOf({ points, rotation }: Figure): TurnedBox {
  const [x0, y0, x1, y1] = points as unknown as [number, number, number, number];
  return {
    x: (x0 + x1) / 2,
    y: (y0 + y1) / 2,
    halfWidth: Math.abs(x1 - x0) / 2,
    halfHeight: Math.abs(y1 - y0) / 2,
    rotation,
  };
}

export const rectangle: ShapeKind = {
  type: "rectangle",
  filled: true,
  dots: false,
  rotatable: true,
  minimumVertices: 0,

  bounds(figure) {
    const box = boxOf(figure);
    const [dx, dy] = halfExtent(box);
    return { minX: box.x - dx, minY: box.y - dy, maxX: box.x + dx, maxY: box.y + dy };
  },

  trace(figure, path) {
    const box = boxOf(figure);
    path.moveTo(...place(box, -1, -1));
    path.lineTo(...place(box, 1, -1));
    path.lineTo(...place(box, 1, 1));
    path.lineTo(...place(box, -1, 1));
    path.closePath();
  },

  distance(figure, x, y) {
    const box = boxOf(figure);
    const [dx, dy] = turn([x - box.x, y - box.y], -box.rotation);
    return Math.hypot(Math.max(0, Math.abs(dx) - box.halfWidth), Math.max(0, Math.abs(dy) - box.halfHeight));
  },

  handles: (figure, unit) => boxHandles(boxOf(figure), unit),

  drag(figure, handle, to, options) {
    const box = dragBox(boxOf(figure), handle, to, options);
    if (handle.kind === "rotate") return { ...figure, rotation: box.rotation };
    const points = [box.x - box.halfWidth, box.y - box.halfHeight, box.x + box.halfWidth, box.y + box.halfHeight];
    return { ...figure, points };
  },

  move: (figure, dx, dy) => ({ ...figure, points: shiftPoints(figure.points, dx, dy) }),

  measure(figure) {
    const { halfWidth, halfHeight } = boxOf(figure);
    return sizeText(2 * halfWidth, 2 * halfHeight);
  },
};
