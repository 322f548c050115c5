/** The registry of shapes: one line a kind. */
import type { ShapeType } from "../document/records";
import { cuboid } from "./cuboid";
import { ellipse } from "./ellipse";
import type { ShapeKind } from "./kind";
import { mask } from "./mask";
import { points } from "./points";
import { polygon } from "./polygon";
import { polyline } from "./polyline";
import { rectangle } from "./rectangle";
import { skeleton } from "./skeleton";

const KINDS: Partial<Record<ShapeType, ShapeKind>> = {
  rectangle,
  polygon,
  polyline,
  points,
  ellipse,
  cuboid,
  mask,
  skeleton,
};

/** The kind of a shape; tags have none, for they are not drawn. */
export function kindOf(type: ShapeType): ShapeKind {
  const kind = KINDS[type];
  if (!kind) throw new Error(`"${type}" is not a shape that can be drawn.`);
  return kind;
}
