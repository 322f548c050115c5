/** The picture of the frame, or what stands for it while there is none. */
import type { FrameImage } from "../frames/player";
import type { View } from "./area";
import type { Context } from "./painter";
import { contextOf, createSurface, type Surface } from "./surface";

/** From this many bitmap pixels to a pixel of the picture on, pixels are shown as squares. */
const SQUARE_PIXELS = 6;
const CHECK = 12;

/** What is drawn for a frame. */
export type Source = ImageBitmap | Surface;

/** A picture that would be larger than this when scaled is not kept scaled. */
const MAX_SCALED_PIXELS = 6e6;

/** Draws the picture of a frame; while the view is shifted only, from a copy that is already scaled, which takes a third of the time. */
export class ImageLayer {
  private scaled: Surface | null = null;
  private readonly of: { source: Source | null; scale: number; smooth: boolean } = { source: null, scale: 0, smooth: false };

  /** `source` is the picture of the frame, or a changed copy of it. */
  draw(context: Context, image: FrameImage, source: Source, view: View, smooth: boolean, quick: boolean): void {
    const { of } = this;
    const same = of.source === source && of.scale === view.scale && of.smooth === smooth;
    of.source = source;
    of.scale = view.scale;
    of.smooth = smooth;
    const width = image.width * view.scale;
    const height = image.height * view.scale;
    if (!same) this.scaled = null;
    if (!quick || !same || width * height > MAX_SCALED_PIXELS) {
      paint(context, image, source, smooth, quick, [view.x, view.y, width, height]);
      return;
    }
    if (!this.scaled) {
      this.scaled = createSurface(Math.ceil(width), Math.ceil(height));
      paint(contextOf(this.scaled), image, source, smooth, true, [0, 0, width, height]);
    }
    context.imageSmoothingEnabled = false;
    context.drawImage(this.scaled, Math.round(view.x), Math.round(view.y));
  }

  /** Let go of the copy. */
  clear(): void {
    this.scaled = null;
    this.of.source = null;
  }
}

function paint(
  context: Context,
  image: FrameImage,
  source: Source,
  smooth: boolean,
  quick: boolean,
  [x, y, width, height]: readonly [number, number, number, number],
): void {
  // A proxy has fewer pixels than the picture it stands for.
  const magnified = width / source.width;
  context.imageSmoothingEnabled = image.tier === "proxy" || (smooth && magnified < SQUARE_PIXELS);
  context.imageSmoothingQuality = !quick && magnified < 0.7 ? "medium" : "low";
  context.drawImage(source, x, y, width, height);
}

/** A quiet chequered area of the picture's size, readable on light and dark themes. */
export function drawPlaceholder(context: Context, width: number, height: number, view: View, pixelRatio: number): void {
  const left = Math.max(0, view.x);
  const top = Math.max(0, view.y);
  const right = Math.min(view.width, view.x + width * view.scale);
  const bottom = Math.min(view.height, view.y + height * view.scale);
  if (right <= left || bottom <= top) return;
  const check = CHECK * pixelRatio;
  context.fillStyle = "rgba(128, 128, 128, 0.10)";
  context.fillRect(left, top, right - left, bottom - top);
  context.save();
  context.beginPath();
  context.rect(left, top, right - left, bottom - top);
  context.clip();
  context.fillStyle = "rgba(128, 128, 128, 0.08)";
  for (let row = Math.floor((top - view.y) / check); view.y + row * check < bottom; row++) {
    const first = Math.floor((left - view.x) / check);
    for (let column = first + ((first + row) & 1); view.x + column * check < right; column += 2) {
      context.fillRect(view.x + column * check, view.y + row * check, check, check);
    }
  }
  context.restore();
}
