/** Centre, right end and top end (cx, cy, rightX, topY), turned about the centre. */
import { boxHandles, dragBox, type TurnedBox, turn } from "./boxed";
import { type Figure, type ShapeKind, shiftPoints, sizeText } from "./kind";

function boxOf({ points, rotation }: Figure): TurnedBox {
  const [x, y, right, top] = points as unknown as [number, number, number, number];
  return { x, y, halfWidth: Math.abs(right - x), halfHeight: Math.abs(y - top), rotation };
}

export const ellipse: ShapeKind = {
  type: "ellipse",
  filled: true,
  dots: false,
  rotatable: true,
  minimumVertices: 0,

  bounds(figure) {
    const { x, y, halfWidth, halfHeight, rotation } = boxOf(figure);
    const radians = (rotation * Math.PI) / 180;
    const dx = Math.hypot(halfWidth * Math.cos(radians), halfHeight * Math.sin(radians));
    const dy = Math.hypot(halfWidth * Math.sin(radians), halfHeight * Math.cos(radians));
    return { minX: x - dx, minY: y - dy, maxX: x + dx, maxY: y + dy };
  },

  trace(figure, path) {
    const { x, y, halfWidth, halfHeight, rotation } = boxOf(figure);
    path.ellipse(x, y, halfWidth, halfHeight, (rotation * Math.PI) / 180, 0, 2 * Math.PI);
    path.closePath();
  },

  /** Outside, the distance along the ray to the centre: exact on the axes and close enough for a click elsewhere. */
  distance(figure, x, y) {
    const box = boxOf(figure);
    const [dx, dy] = turn([x - box.x, y - box.y], -box.rotation);
    const radius = Math.hypot(dx / Math.max(box.halfWidth, 1e-9), dy / Math.max(box.halfHeight, 1e-9));
    return radius <= 1 ? 0 : Math.hypot(dx, dy) * (1 - 1 / radius);
  },

  handles: (figure, unit) => boxHandles(boxOf(figure), unit),

  drag(figure, handle, to, options) {
    const box = dragBox(boxOf(figure), handle, to, options);
    if (handle.kind === "rotate") return { ...figure, rotation: box.rotation };
    return { ...figure, points: [box.x, box.y, box.x + box.halfWidth, box.y - box.halfHeight] };
  },

  move: (figure, dx, dy) => ({ ...figure, points: shiftPoints(figure.points, dx, dy) }),

  measure(figure) {
    const { halfWidth, halfHeight } = boxOf(figure);
    return sizeText(2 * halfWidth, 2 * halfHeight);
  },
};
