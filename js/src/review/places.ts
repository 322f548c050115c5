/** Where issues and conflicts lie on the picture and on the screen. Pure functions. */
import type { Box, Point } from "../shapes/kind";

export type ToScreen = (x: number, y: number) => Point;

/** Height of a pin, and the width within which two pins are in each other's way, in CSS pixels. */
export const PIN_HEIGHT = 24;
export const PIN_WIDTH = 150;
const GAP = 2;

/**
 * The corners of a position: one for `x, y`, four for `left, top, right, bottom`, all points of a longer ring.
 * What is not a position has none.
 */
export function cornersOf(position: readonly number[]): readonly Point[] {
  if (!position.every(Number.isFinite)) return [];
  if (position.length === 4) {
    const [left, top, right, bottom] = position as [number, number, number, number];
    return [
      [left, top],
      [right, top],
      [right, bottom],
      [left, bottom],
    ];
  }
  const points: Point[] = [];
  for (let i = 0; i + 1 < position.length; i += 2) points.push([position[i] as number, position[i + 1] as number]);
  return points;
}

export function boxOf(points: readonly Point[]): Box | null {
  if (points.length === 0) return null;
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  return { minX: Math.min(...xs), minY: Math.min(...ys), maxX: Math.max(...xs), maxY: Math.max(...ys) };
}

export interface Marked<Id> {
  readonly id: Id;
  readonly position: readonly number[];
}

export interface Pin<Id> {
  readonly id: Id;
  readonly left: number;
  readonly top: number;
  /** The corners of the position on the screen. */
  readonly corners: readonly Point[];
}

/**
 * Where pins stand in a view of this size: on the upper edge of what they belong to, inside the view, and below one another where
 * they would cover each other. What lies outside the view has none.
 */
export function placePins<Id>(
  marked: readonly Marked<Id>[],
  toScreen: ToScreen,
  [width, height]: readonly [number, number],
): readonly Pin<Id>[] {
  const pins: Pin<Id>[] = [];
  for (const { id, position } of marked) {
    const corners = cornersOf(position).map(([x, y]) => toScreen(x, y));
    const box = boxOf(corners);
    if (!box || box.maxX < 0 || box.maxY < 0 || box.minX > width || box.minY > height) continue;
    const left = Math.max(0, Math.min(box.minX, width - PIN_WIDTH));
    let top = Math.max(0, Math.min(box.minY - PIN_HEIGHT, height - PIN_HEIGHT));
    // Each step passes at least one of the pins that stand already, so this ends.
    for (let other = inTheWay(pins, left, top); other; other = inTheWay(pins, left, top)) top = other.top + PIN_HEIGHT + GAP;
    pins.push({ id, left, top, corners });
  }
  return pins;
}

function inTheWay<Id>(pins: readonly Pin<Id>[], left: number, top: number): Pin<Id> | undefined {
  return pins.find((pin) => Math.abs(pin.left - left) < PIN_WIDTH && Math.abs(pin.top - top) < PIN_HEIGHT);
}

/** A box around a position that leaves enough of the picture around it to see what it is about. */
export function surroundings(position: readonly number[], [width, height]: readonly [number, number]): Box | null {
  const box = boxOf(cornersOf(position));
  if (!box) return null;
  const [x, y] = [(box.minX + box.maxX) / 2, (box.minY + box.maxY) / 2];
  const halfWidth = Math.max((box.maxX - box.minX) / 2, width / 6);
  const halfHeight = Math.max((box.maxY - box.minY) / 2, height / 6);
  return { minX: x - halfWidth, minY: y - halfHeight, maxX: x + halfWidth, maxY: y + halfHeight };
}

/** A dragged region, cut off at the border of the picture; null if nothing of it is on the picture. */
export function regionOf(
  [x0, y0]: Point,
  [x1, y1]: Point,
  [width, height]: readonly [number, number],
): readonly number[] | null {
  const left = Math.max(0, Math.min(x0, x1));
  const top = Math.max(0, Math.min(y0, y1));
  const right = Math.min(width, Math.max(x0, x1));
  const bottom = Math.min(height, Math.max(y0, y1));
  return right > left && bottom > top ? [left, top, right, bottom].map(hundredths) : null;
}

/** Hundredths of a pixel are what is kept. */
export function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
