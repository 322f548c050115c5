/** Masks, polygons and rectangles made into one another. */
import type { Points, ShapeType } from "../document/records";
import { place, type TurnedBox } from "../shapes/boxed";
import { boxOfPoints } from "../shapes/kind";
import { areaOfBitmap, type Bitmap, boxOfBitmap, clipToPicture, decodeMask, encodeMask, isEmptyBitmap } from "./bitmap";
import { fillEllipse, fillPolygon } from "./fill";
import { bridged, outlinesOf } from "./outline";

export interface Outlined {
  readonly type: ShapeType;
  readonly points: Points;
  readonly rotation: number;
}

export type Convertible = "mask" | "polygon" | "rectangle";

function turnedBoxOf({ points, rotation }: Outlined): TurnedBox {
  const [x0, y0, x1, y1] = points as unknown as [number, number, number, number];
  return { x: (x0 + x1) / 2, y: (y0 + y1) / 2, halfWidth: (x1 - x0) / 2, halfHeight: (y1 - y0) / 2, rotation };
}

function cornersOf(shape: Outlined): number[] {
  const box = turnedBoxOf(shape);
  return [...place(box, -1, -1), ...place(box, 1, -1), ...place(box, 1, 1), ...place(box, -1, 1)];
}

/** The pixels of a shape whose inside counts, also beyond the picture; null for other shapes. */
export function bitmapOf(shape: Outlined): Bitmap | null {
  if (shape.type === "mask") return decodeMask(shape.points);
  if (shape.type === "polygon") return fillPolygon(shape.points);
  if (shape.type === "rectangle") return fillPolygon(cornersOf(shape));
  if (shape.type !== "ellipse") return null;
  const [x, y, right, top] = shape.points as unknown as [number, number, number, number];
  return fillEllipse(x, y, Math.abs(right - x), Math.abs(y - top), shape.rotation);
}

/** A mask on a picture; null if no centre of a pixel is inside. */
export function toMask(shape: Outlined, [width, height]: readonly [number, number]): number[] | null {
  const bitmap = bitmapOf(shape);
  const pixels = bitmap && clipToPicture(bitmap, width, height);
  return pixels && !isEmptyBitmap(pixels) ? encodeMask(pixels) : null;
}

/**
 * One polygon for every connected part, the largest first. Those of a mask run along the edges of its pixels and take holes in
 * by a bridge without width: filled, they are exactly the mask.
 */
export function toPolygons(shape: Outlined): number[][] {
  if (shape.type === "rectangle") return [cornersOf(shape)];
  const bitmap = bitmapOf(shape);
  if (!bitmap) return [];
  const polygons = outlinesOf(bitmap).map(bridged);
  if (polygons.length < 2) return polygons;
  const areas = new Map(polygons.map((polygon) => [polygon, areaOfBitmap(fillPolygon(polygon))]));
  return polygons.sort((a, b) => (areas.get(b) ?? 0) - (areas.get(a) ?? 0));
}

/** The upright rectangle around a shape; null if there is nothing to go around. */
export function toRectangle(shape: Outlined): number[] | null {
  if (shape.type === "polygon") {
    const { minX, minY, maxX, maxY } = boxOfPoints(shape.points);
    return [minX, minY, maxX, maxY];
  }
  const bitmap = shape.type === "mask" ? decodeMask(shape.points) : null;
  const box = bitmap && boxOfBitmap(bitmap);
  return box && [box.left, box.top, box.right, box.bottom];
}
