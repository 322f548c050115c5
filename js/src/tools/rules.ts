/** How far shapes may go and how small they may be; the limits are CVAT's. */
import { kindOf } from "../shapes/index";
import { type Box, boxOfPoints, type Figure, type Point } from "../shapes/kind";

/** Square pixels of a box or polygon, pixels of a line's longer extent. */
const MIN_AREA = 9;
const MIN_EXTENT = 3;
/** Of a shape that is moved beyond the picture, this many pixels stay on it. */
const KEPT = 3;

export type Size = readonly [width: number, height: number];

export function clampPoint([x, y]: Point, [width, height]: Size): Point {
  return [Math.min(Math.max(x, 0), width), Math.min(Math.max(y, 0), height)];
}

function isUprightRectangle(figure: Figure): boolean {
  return figure.type === "rectangle" && figure.rotation % 360 === 0;
}

/** Vertices and upright boxes stay on the picture; turned ones and cuboids may reach beyond it, as in CVAT. */
export function clampHandle(figure: Figure, to: Point, size: Size): Point {
  const { minimumVertices } = kindOf(figure.type);
  return isUprightRectangle(figure) || minimumVertices > 0 ? clampPoint(to, size) : to;
}

/** Limit a shift along one axis. */
function limit(delta: number, low: number, high: number): number {
  return Math.min(Math.max(delta, low), high);
}

/** The part of a shift that shapes allow together, so that they keep their places to one another. */
export function limitShift(figures: Iterable<Figure>, [dx, dy]: Point, [width, height]: Size): Point {
  let [x, y] = [dx, dy];
  for (const figure of figures) {
    const box = kindOf(figure.type).bounds(figure);
    const whole = kindOf(figure.type).minimumVertices > 0 || figure.type === "mask";
    if (whole) {
      // Shapes that would lose their form at the border stay inside; one that is outside already goes no further.
      x = limit(x, Math.min(0, -box.minX), Math.max(0, width - box.maxX));
      y = limit(y, Math.min(0, -box.minY), Math.max(0, height - box.maxY));
    } else {
      x = limit(x, Math.min(0, KEPT - box.maxX), Math.max(0, width - KEPT - box.minX));
      y = limit(y, Math.min(0, KEPT - box.maxY), Math.max(0, height - KEPT - box.minY));
    }
  }
  return [x, y];
}

/** An upright rectangle that reaches beyond the picture is cut off there. */
export function fitToPicture(figure: Figure, size: Size): Figure {
  if (!isUprightRectangle(figure)) return figure;
  const [x0, y0, x1, y1] = figure.points as unknown as [number, number, number, number];
  return { ...figure, points: [...clampPoint([x0, y0], size), ...clampPoint([x1, y1], size)] };
}

function areaOf(points: readonly number[]): number {
  let twice = 0;
  for (let i = 0, j = points.length - 2; i < points.length; j = i, i += 2) {
    twice += (points[j] as number) * (points[i + 1] as number) - (points[i] as number) * (points[j + 1] as number);
  }
  return Math.abs(twice) / 2;
}

function extentOf({ minX, minY, maxX, maxY }: Box): Size {
  return [maxX - minX, maxY - minY];
}

/** Why a figure is refused, in words for the user; null if it is fine. */
export function refusal(figure: Figure): string | null {
  const { type, points } = figure;
  const fewest = kindOf(type).minimumVertices;
  if (points.length / 2 < fewest) {
    return `A ${type === "points" ? "point set" : type} needs at least ${fewest} point${fewest === 1 ? "" : "s"}.`;
  }
  if (type === "rectangle") {
    const [width, height] = extentOf(boxOfPoints(points));
    if (width * height < MIN_AREA || width < 1 || height < 1) {
      return `The rectangle is too small: it needs at least ${MIN_AREA} square pixels.`;
    }
  }
  if (type === "polygon" && areaOf(points) < MIN_AREA) {
    return `The polygon is too small: it needs at least ${MIN_AREA} square pixels.`;
  }
  if (type === "polyline" && Math.max(...extentOf(boxOfPoints(points))) < MIN_EXTENT) {
    return `The polyline is too short: it needs at least ${MIN_EXTENT} pixels.`;
  }
  return null;
}

/** Hundredths of a pixel are what CVAT's files keep. */
export function rounded(figure: Figure): Figure {
  return {
    ...figure,
    points: figure.points.map((value) => Math.round(value * 100) / 100),
    rotation: Math.round(figure.rotation * 100) / 100,
  };
}
