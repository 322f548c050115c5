/** The part of the plane that a view shows, and that a bitmap for it should have. */
import type { Box } from "../shapes/kind";
import { type Area, touches } from "./painter";

/** The view in bitmap pixels: picture coordinates times `scale` plus (x, y). */
export interface View {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const OVERSCAN = 0.25;
const MAX_PIXELS = 24e6;

export function boxOfView(view: View): Box {
  return {
    minX: -view.x / view.scale,
    minY: -view.y / view.scale,
    maxX: (view.width - view.x) / view.scale,
    maxY: (view.height - view.y) / view.scale,
  };
}

export function intersection(a: Box, b: Box): Box | null {
  if (!touches(a, b)) return null;
  return {
    minX: Math.max(a.minX, b.minX),
    minY: Math.max(a.minY, b.minY),
    maxX: Math.min(a.maxX, b.maxX),
    maxY: Math.min(a.maxY, b.maxY),
  };
}

export function contains(outer: Box, inner: Box, slack: number): boolean {
  return (
    outer.minX <= inner.minX + slack &&
    outer.minY <= inner.minY + slack &&
    outer.maxX >= inner.maxX - slack &&
    outer.maxY >= inner.maxY - slack
  );
}

/** The part of the plane a new bitmap should show: the view and a margin, where there is anything, on whole pixels of the view. */
export function planArea(view: View, content: Box): Area | null {
  const overscan = view.width * view.height * (1 + 2 * OVERSCAN) ** 2 > MAX_PIXELS ? 0 : OVERSCAN;
  const visible = boxOfView(view);
  const marginX = (visible.maxX - visible.minX) * overscan;
  const marginY = (visible.maxY - visible.minY) * overscan;
  const wanted = intersection(
    {
      minX: visible.minX - marginX,
      minY: visible.minY - marginY,
      maxX: visible.maxX + marginX,
      maxY: visible.maxY + marginY,
    },
    content,
  );
  if (!wanted) return null;
  const left = Math.floor(wanted.minX * view.scale + view.x);
  const top = Math.floor(wanted.minY * view.scale + view.y);
  return {
    x: (left - view.x) / view.scale,
    y: (top - view.y) / view.scale,
    scale: view.scale,
    width: Math.max(1, Math.ceil(wanted.maxX * view.scale + view.x) - left),
    height: Math.max(1, Math.ceil(wanted.maxY * view.scale + view.y) - top),
  };
}

/** The box around all of them. */
export function unionOf(items: readonly { readonly box: Box }[]): Box | null {
  if (items.length === 0) return null;
  let minX = Number.POSITIVE_INFINITY;
  let minY = Number.POSITIVE_INFINITY;
  let maxX = Number.NEGATIVE_INFINITY;
  let maxY = Number.NEGATIVE_INFINITY;
  for (const { box } of items) {
    if (box.minX < minX) minX = box.minX;
    if (box.minY < minY) minY = box.minY;
    if (box.maxX > maxX) maxX = box.maxX;
    if (box.maxY > maxY) maxY = box.maxY;
  }
  return { minX, minY, maxX, maxY };
}
