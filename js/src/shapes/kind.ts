/**
 * What the canvas must know about a kind of shape. One file a kind; `index.ts` is the registry.
 *
 * Everything is in pixels of the picture, x to the right, y down; angles in degrees, clockwise on screen.
 */
import type { Points, ShapeType } from "../document/records";

export type Point = readonly [x: number, y: number];

/** Axis-aligned, in the field names that rbush reads. */
export interface Box {
  readonly minX: number;
  readonly minY: number;
  readonly maxX: number;
  readonly maxY: number;
}

/** The geometry of an object, free of everything else. A skeleton's points are its visible joints, one after another. */
export interface Figure {
  readonly type: ShapeType;
  readonly points: Points;
  readonly rotation: number;
  /** Skeletons only: pairs of joint indices that a bone connects. */
  readonly edges: readonly number[];
}

/** The part of Path2D that shapes draw with. */
export interface PathSink {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  closePath(): void;
  rect(x: number, y: number, width: number, height: number): void;
  ellipse(x: number, y: number, rx: number, ry: number, rotation: number, start: number, end: number): void;
}

/**
 * A place on a selected shape that can be dragged.
 *
 * `corner` and `side` resize a box (index 0–7, clockwise from the top left), `rotate` turns it, `vertex` moves point `index`,
 * `edge` inserts a point after point `index`, `face` moves a side of a cuboid.
 */
export interface Handle {
  readonly kind: "corner" | "side" | "rotate" | "vertex" | "edge" | "face";
  readonly index: number;
  readonly x: number;
  readonly y: number;
}

export interface ShapeKind {
  readonly type: ShapeType;
  /** Its inside is filled and takes clicks. */
  readonly filled: boolean;
  /** Its points are drawn as dots. */
  readonly dots: boolean;
  /** Turned by `rotation`; the others ignore it. */
  readonly rotatable: boolean;
  /** Points are separate vertices that can be moved, inserted and deleted; the fewest it may have, or 0. */
  readonly minimumVertices: number;
  bounds(figure: Figure): Box;
  /** Add the outline to a path. */
  trace(figure: Figure, path: PathSink): void;
  /** Add what is filled, where that is not the inside of the outline. */
  traceFill?(figure: Figure, path: PathSink): void;
  /** Distance in pixels from a point to the shape; 0 inside a filled one. */
  distance(figure: Figure, x: number, y: number): number;
  /** `unit` is the size of a screen pixel in pixels of the picture. */
  handles(figure: Figure, unit: number): readonly Handle[];
  /** The figure after `handle` was dragged to `to`. */
  drag(figure: Figure, handle: Handle, to: Point, options: DragOptions): Figure;
  move(figure: Figure, dx: number, dy: number): Figure;
  /** "120 × 64" or the like, shown while drawing and resizing. */
  measure(figure: Figure): string;
}

export interface DragOptions {
  /** Keep the ratio of the sides; turn in steps of 15 degrees. */
  readonly constrain: boolean;
}

export const EMPTY_EDGES: readonly number[] = [];

export function boxOfPoints(points: Points): Box {
  let minX = Number.POSITIVE_INFINITY;
  let minY = Number.POSITIVE_INFINITY;
  let maxX = Number.NEGATIVE_INFINITY;
  let maxY = Number.NEGATIVE_INFINITY;
  for (let i = 0; i + 1 < points.length; i += 2) {
    const x = points[i] as number;
    const y = points[i + 1] as number;
    if (x < minX) minX = x;
    if (x > maxX) maxX = x;
    if (y < minY) minY = y;
    if (y > maxY) maxY = y;
  }
  return points.length > 1 ? { minX, minY, maxX, maxY } : { minX: 0, minY: 0, maxX: 0, maxY: 0 };
}

export function shiftPoints(points: Points, dx: number, dy: number): number[] {
  return points.map((value, i) => value + (i % 2 === 0 ? dx : dy));
}

export function sizeText(width: number, height: number): string {
  return `${width.toFixed(1)} × ${height.toFixed(1)}`;
}
