/** Points that fall on the points and outlines of other shapes. */
import type { Editor } from "../editor";
import { type ContourPlace, nearestPlace, pathBetween } from "../geometry/contour";
import type { Stage } from "../scene/stage";
import type { Figure, Point } from "../shapes/kind";

export interface Snap {
  readonly at: Point;
  readonly figure: Figure;
  readonly place: ContourPlace;
}

/** Shapes that are their own outline. */
const OUTLINED = new Set(["polygon", "polyline", "points", "rectangle"]);

function outline(figure: Figure): readonly number[] {
  if (figure.type !== "rectangle") return figure.points;
  const [x0, y0, x1, y1] = figure.points as unknown as [number, number, number, number];
  return [x0, y0, x1, y0, x1, y1, x0, y1];
}

function isClosed(figure: Figure): boolean {
  return figure.type === "polygon" || figure.type === "rectangle";
}

/** Where a point snaps to, by the user's settings; null if nothing is near. */
export function snapOf(editor: Editor, stage: Stage, point: Point): Snap | null {
  const { snapToContour, snapToPoint, snapRadius } = editor.settings.peek();
  if (!snapToContour && !snapToPoint) return null;
  const reach = snapRadius / stage.viewport.scale.peek();
  let best: Snap | null = null;
  for (const figure of stage.figuresNear(point, reach)) {
    if (!OUTLINED.has(figure.type) || figure.rotation !== 0) continue;
    // A vertex wins over the line beside it; without snapping to contours only vertices count.
    const place = nearestPlace(outline(figure), isClosed(figure), point, snapToPoint ? reach / 2 : 0);
    if (!place || place.distance > reach || (!snapToContour && place.share > 0)) continue;
    if (!best || place.distance < best.place.distance) best = { at: place.at, figure, place };
  }
  return best;
}

/** The vertices of the other shape between two points on it, so that a common border needs two clicks only. */
export function borderBetween(from: Snap, to: Snap): readonly number[] {
  if (from.figure !== to.figure || from.figure.type === "points") return [];
  return pathBetween(outline(from.figure), isClosed(from.figure), from.place, to.place);
}
