/** What a view shows as a picture file: for the notebook's saved output, where nothing moves. */

import type { View } from "./area";
import type { Item } from "./items";
import { boxOfArea, enter, paintItem, type Style, touches } from "./painter";
import { contextOf, createSurface, toPng, upright } from "./surface";

/**
 * The visible part of the picture with its shapes, as a PNG whose longer side is at most `maxSide` pixels. `base` has the picture
 * and the static shapes, `lifted` are those that another canvas shows.
 */
export async function stillOf(
  base: HTMLCanvasElement,
  view: View,
  [width, height]: readonly [number, number],
  lifted: readonly Item[],
  style: Style,
  maxSide: number,
): Promise<Blob> {
  const left = Math.max(0, view.x);
  const top = Math.max(0, view.y);
  const right = Math.min(view.width, view.x + width * view.scale);
  const bottom = Math.min(view.height, view.y + height * view.scale);
  const [w, h] = [Math.max(1, right - left), Math.max(1, bottom - top)];
  const scale = Math.min(1, maxSide / Math.max(w, h));
  const surface = createSurface(Math.round(w * scale), Math.round(h * scale));
  const context = contextOf(surface);
  context.imageSmoothingQuality = "high";
  if (view.width > 0 && view.height > 0) context.drawImage(base, left, top, w, h, 0, 0, w * scale, h * scale);
  const area = {
    x: (left - view.x) / view.scale,
    y: (top - view.y) / view.scale,
    scale: view.scale * scale,
    width: w * scale,
    height: h * scale,
  };
  enter(context, area);
  const scaled = { ...style, pixelRatio: style.pixelRatio * scale };
  for (const item of lifted) {
    if (touches(item.box, boxOfArea(area))) paintItem(context, item, scaled, scaled.pixelRatio / area.scale);
  }
  return toPng(upright(surface, style.turn));
}
