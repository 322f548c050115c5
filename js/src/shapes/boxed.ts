/** What rectangles and ellipses share: a box, turned about its centre, with eight handles and one to turn it. */
import type { DragOptions, Handle, Point } from "./kind";

/** Not turned yet: the centre, half the sides, and the angle. */
export interface TurnedBox {
  readonly x: number;
  readonly y: number;
  readonly halfWidth: number;
  readonly halfHeight: number;
  readonly rotation: number;
}

/** Corners and sides clockwise from the top left, as signs of the half sides. */
const SIGNS: readonly Point[] = [
  [-1, -1],
  [0, -1],
  [1, -1],
  [1, 0],
  [1, 1],
  [0, 1],
  [-1, 1],
  [-1, 0],
];

/** Sides shorter than this on screen show no handle between their corners. */
const MIN_SIDE = 30;
/** From the top side to the handle that turns, in screen pixels. */
const ROTATE_DISTANCE = 26;
const ROTATE_STEP = 15;

export function turn([x, y]: Point, degrees: number): Point {
  if (degrees === 0) return [x, y];
  const radians = (degrees * Math.PI) / 180;
  const cos = Math.cos(radians);
  const sin = Math.sin(radians);
  return [x * cos - y * sin, x * sin + y * cos];
}

export function place(box: TurnedBox, signX: number, signY: number): Point {
  const [dx, dy] = turn([signX * box.halfWidth, signY * box.halfHeight], box.rotation);
  return [box.x + dx, box.y + dy];
}

/** Half the sides of the axis-aligned box around a turned box. */
export function halfExtent(box: TurnedBox): Point {
  const radians = (box.rotation * Math.PI) / 180;
  const cos = Math.abs(Math.cos(radians));
  const sin = Math.abs(Math.sin(radians));
  return [box.halfWidth * cos + box.halfHeight * sin, box.halfWidth * sin + box.halfHeight * cos];
}

export function boxHandles(box: TurnedBox, unit: number): Handle[] {
  const handles: Handle[] = [];
  SIGNS.forEach(([signX, signY], index) => {
    const side = signX === 0 ? box.halfWidth : signY === 0 ? box.halfHeight : Number.POSITIVE_INFINITY;
    if ((2 * side) / unit < MIN_SIDE) return;
    const [x, y] = place(box, signX, signY);
    handles.push({ kind: index % 2 === 0 ? "corner" : "side", index, x, y });
  });
  const [dx, dy] = turn([0, -box.halfHeight - ROTATE_DISTANCE * unit], box.rotation);
  handles.push({ kind: "rotate", index: 0, x: box.x + dx, y: box.y + dy });
  return handles;
}

/** The box after a handle was dragged: the opposite corner, or side, stays where it is, also when the box is turned. */
export function dragBox(box: TurnedBox, handle: Handle, to: Point, options: DragOptions): TurnedBox {
  if (handle.kind === "rotate") return { ...box, rotation: angleTo(box, to, options.constrain ? ROTATE_STEP : 0) };
  const [signX, signY] = SIGNS[handle.index] as Point;
  const [fixedX, fixedY] = place(box, -signX, -signY);
  // The dragged corner as seen from the fixed one, along the box's own axes.
  const [acrossX, acrossY] = turn([to[0] - fixedX, to[1] - fixedY], -box.rotation);
  let width = signX === 0 ? 2 * box.halfWidth : acrossX * signX;
  let height = signY === 0 ? 2 * box.halfHeight : acrossY * signY;
  if (options.constrain && box.halfWidth > 0 && box.halfHeight > 0) {
    const factor = Math.max(
      signX === 0 ? 0 : Math.abs(width) / (2 * box.halfWidth),
      signY === 0 ? 0 : Math.abs(height) / (2 * box.halfHeight),
    );
    width = 2 * box.halfWidth * factor * (width < 0 ? -1 : 1);
    height = 2 * box.halfHeight * factor * (height < 0 ? -1 : 1);
  }
  const [dx, dy] = turn([(signX * width) / 2, (signY * height) / 2], box.rotation);
  return {
    x: fixedX + dx,
    y: fixedY + dy,
    halfWidth: Math.abs(width) / 2,
    halfHeight: Math.abs(height) / 2,
    rotation: box.rotation,
  };
}

/** The rotation, 0–360, that brings the top of a box towards a point. */
function angleTo(box: TurnedBox, to: Point, step: number): number {
  const degrees = (Math.atan2(to[0] - box.x, box.y - to[1]) * 180) / Math.PI;
  const snapped = step > 0 ? Math.round(degrees / step) * step : Math.round(degrees * 10) / 10;
  return ((snapped % 360) + 360) % 360;
}
