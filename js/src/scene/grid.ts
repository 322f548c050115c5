/** Lines over the picture at regular distances in its own pixels, below the objects. */
import type { GridSettings } from "../view-settings";
import type { View } from "./area";
import { translucent } from "./colors";
import type { Context } from "./painter";

/** Lines nearer than this many CSS pixels would be a veil: only every second, fourth, … is drawn. */
const NEAREST = 4;

/** Pixels of the picture between two lines that are drawn at a scale of CSS pixels to pixels of the picture. */
export function gridStep(size: number, scale: number): number {
  let step = Math.max(1, Math.round(size));
  while (step * scale < NEAREST) step *= 2;
  return step;
}

export function drawGrid(
  context: Context,
  width: number,
  height: number,
  view: View,
  pixelRatio: number,
  { gridSize, gridOpacity, gridColor }: GridSettings,
): void {
  if (gridOpacity <= 0) return;
  const step = gridStep(gridSize, view.scale / pixelRatio) * view.scale;
  const right = Math.min(view.width, view.x + width * view.scale);
  const bottom = Math.min(view.height, view.y + height * view.scale);
  const left = Math.max(0, view.x);
  const top = Math.max(0, view.y);
  if (right <= left || bottom <= top) return;
  const line = Math.max(1, Math.round(pixelRatio));
  context.fillStyle = translucent(gridColor, gridOpacity / 100);
  for (let n = Math.max(1, Math.ceil((left - view.x) / step)); view.x + n * step < right; n++) {
    context.fillRect(Math.round(view.x + n * step), top, line, bottom - top);
  }
  for (let n = Math.max(1, Math.ceil((top - view.y) / step)); view.y + n * step < bottom; n++) {
    context.fillRect(left, Math.round(view.y + n * step), right - left, line);
  }
}
