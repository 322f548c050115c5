/** Figures that are drawn as a box between two corners. */
import type { LabelSpec, ShapeType } from "../document/records";
import { cuboidFromRectangle } from "../geometry/cuboid";
import { edgesOf } from "./figure";
import { EMPTY_EDGES, type Figure, type Point } from "./kind";
import { placedJoints } from "./template";

export function figureInBox(type: ShapeType, label: LabelSpec | undefined, [x0, y0]: Point, [x1, y1]: Point): Figure {
  const [left, right] = [Math.min(x0, x1), Math.max(x0, x1)];
  const [top, bottom] = [Math.min(y0, y1), Math.max(y0, y1)];
  const plain = { type, rotation: 0, edges: EMPTY_EDGES };
  if (type === "ellipse") return { ...plain, points: [(left + right) / 2, (top + bottom) / 2, right, top] };
  if (type === "cuboid") return { ...plain, points: cuboidFromRectangle(left, top, right, bottom) };
  if (type === "skeleton" && label) {
    const joints = placedJoints(label);
    const points = joints.flatMap(({ x, y }) => [left + x * (right - left), top + y * (bottom - top)]);
    const elements = joints.map((joint) => ({ label: joint.label.id }));
    return { ...plain, points, edges: edgesOf(elements, label) };
  }
  return { ...plain, points: [left, top, right, bottom] };
}
