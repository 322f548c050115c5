/** Draws items on a 2D context. Shared by the worker, the page and the static picture; knows nothing of views or layers. */
import { kindOf } from "../shapes/index";
import type { Box, Point } from "../shapes/kind";
import { translucent } from "./colors";
import type { Item } from "./items";
import { drawLabels, type Label, planLabels } from "./labels";
import type { Turn } from "./picture-turn";

export type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** The part of the picture's plane that a bitmap shows: its top left point, its scale and its size in bitmap pixels. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  readonly width: number;
  readonly height: number;
}

export interface Style {
  /** Of the inside, 0–1. */
  readonly opacity: number;
  readonly outlines: boolean;
  /** One colour for all outlines; empty: those of the objects. */
  readonly outlineColor: string;
  /** Whether every object shows its text. */
  readonly texts: boolean;
  /** Inside the objects, where they fit. */
  readonly centerTexts: boolean;
  /** Texts stand upright when the bitmap is turned like this. */
  readonly turn: Turn;
  /** In CSS pixels, as are `pointRadius` and `lineWidth`. */
  readonly textSize: number;
  readonly pointRadius: number;
  readonly lineWidth: number;
  /** Bitmap pixels to a CSS pixel. */
  readonly pixelRatio: number;
}

export const LINE_WIDTH = 1.25;
/** So many items of a frame are a crowd. */
const CROWD = 2000;
/** Bitmap pixels; up to one pixel lines are painted without computing their outlines first. */
const HAIRLINE = 0.999;
/** Occluded objects: dash and gap in CSS pixels. */
const DASH = 4;
/** Items that are smaller than this many bitmap pixels are drawn as a spot. */
const SPOT = 1.5;
/** From this width in bitmap pixels on, corners of lines are rounded. */
const THICK = 2.5;
/** After so many items a long drawing looks whether its time is up. */
const SLICE = 48;

/** Width of lines in CSS pixels. A crowd gets hairlines: easier to tell apart, and painted in less than half of the time. */
export function lineWidthFor(count: number, pixelRatio: number): number {
  const thin = count > CROWD && LINE_WIDTH * pixelRatio < 2 * HAIRLINE;
  return thin ? Math.min(LINE_WIDTH, HAIRLINE / pixelRatio) : LINE_WIDTH;
}

interface Paths {
  readonly outline: Path2D;
  readonly fill: Path2D | null;
}

const pathsOfItem = new WeakMap<Item, Paths>();

function pathsOf(item: Item): Paths {
  let paths = pathsOfItem.get(item);
  if (!paths) {
    const kind = kindOf(item.type);
    const outline = new Path2D();
    kind.trace(item, outline);
    let fill: Path2D | null = kind.filled ? outline : null;
    if (kind.traceFill) {
      fill = new Path2D();
      kind.traceFill(item, fill);
    }
    paths = { outline, fill };
    pathsOfItem.set(item, paths);
  }
  return paths;
}

/** Roughly the milliseconds that drawing costs in software. Bounds what may be drawn at once on the page. */
export function costOf(items: readonly Item[], scale: number, limit = Number.POSITIVE_INFINITY): number {
  let cost = 0;
  for (const { points, box } of items) {
    const pixels = Math.min((box.maxX - box.minX) * (box.maxY - box.minY) * scale * scale, 4e6);
    cost += 0.006 + points.length * 0.0006 + pixels * 1e-6;
    if (cost > limit) break;
  }
  return cost;
}

export function boxOfArea(area: Area): Box {
  return {
    minX: area.x,
    minY: area.y,
    maxX: area.x + area.width / area.scale,
    maxY: area.y + area.height / area.scale,
  };
}

export function touches(a: Box, b: Box): boolean {
  return a.minX <= b.maxX && a.maxX >= b.minX && a.minY <= b.maxY && a.maxY >= b.minY;
}

/** Make picture coordinates the coordinates of the context. */
export function enter(context: Context, area: Area): void {
  context.setTransform(area.scale, 0, 0, area.scale, -area.x * area.scale, -area.y * area.scale);
}

export function dotAt(context: Context, [x, y]: Point, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
}

/** Draw one item on a context that was entered; `unit` is a CSS pixel in pixels of the picture. */
export function paintItem(context: Context, item: Item, style: Style, unit: number): void {
  const kind = kindOf(item.type);
  const { outline, fill } = pathsOf(item);
  if (fill && style.opacity > 0) {
    context.fillStyle = translucent(item.color, style.opacity);
    context.fill(fill);
  }
  if (!kind.dots || item.edges.length > 0) {
    if (style.outlines || !kind.filled) {
      context.strokeStyle = style.outlineColor || item.color;
      context.lineWidth = style.lineWidth * unit;
      if (item.dashed) context.setLineDash([DASH * unit, DASH * unit]);
      context.stroke(outline);
      if (item.dashed) context.setLineDash([]);
    }
  }
  if (kind.dots) {
    context.fillStyle = item.color;
    context.strokeStyle = "rgba(0, 0, 0, 0.6)";
    context.lineWidth = unit;
    for (let i = 0; i + 1 < item.points.length; i += 2) {
      dotAt(context, [item.points[i] as number, item.points[i + 1] as number], style.pointRadius * unit);
      context.fill();
      context.stroke();
    }
  }
}

/** Draw items, bottom first, in steps: the caller goes on while it has time. The context is left without a transform. */
export function* paintItems(context: Context, items: readonly Item[], area: Area, style: Style): Generator<void, void> {
  const view = boxOfArea(area);
  const unit = style.pixelRatio / area.scale;
  const spot = SPOT / area.scale;
  let slice = 0;
  enter(context, area);
  // On thin lines nobody sees the joins, and round ones take half as long again.
  context.lineJoin = style.lineWidth * style.pixelRatio < THICK ? "bevel" : "round";
  for (const item of items) {
    const { box } = item;
    if (!touches(box, view)) {
      if (!kindOf(item.type).dots || !touches(grown(box, style.pointRadius * unit), view)) continue;
    }
    if (box.maxX - box.minX < spot && box.maxY - box.minY < spot && !kindOf(item.type).dots) {
      context.fillStyle = item.color;
      context.fillRect(box.minX, box.minY, spot, spot);
    } else {
      paintItem(context, item, style, unit);
    }
    if (++slice % SLICE === 0) yield;
  }
  context.setTransform(1, 0, 0, 1, 0, 0);
}

export function grown(box: Box, margin: number): Box {
  return { minX: box.minX - margin, minY: box.minY - margin, maxX: box.maxX + margin, maxY: box.maxY + margin };
}

/** Draw everything at once, with texts if the style has them; returns where the texts stand. */
export function paintAll(context: Context, items: readonly Item[], area: Area, style: Style): readonly Label[] {
  const steps = paintItems(context, items, area, style);
  while (!steps.next().done);
  const labels = style.texts ? planLabels(items, area, style) : [];
  drawLabels(context, labels, area, style);
  return labels;
}
