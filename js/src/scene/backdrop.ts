/** What lies below the objects: the picture as the user wants to see it, or black for the bitmap view, and the grid. */
import type { Settings } from "../editor";
import type { FrameImage } from "../frames/player";
import type { View } from "./area";
import { drawGrid } from "./grid";
import { ImageEffectsLayer } from "./image-effects";
import { drawPlaceholder, ImageLayer } from "./image-layer";
import type { Context } from "./painter";

export interface BackdropState {
  readonly image: FrameImage | null;
  readonly size: readonly [width: number, height: number];
  readonly settings: Settings;
  readonly bitmap: boolean;
  readonly pixelRatio: number;
  /** Something is changing: as fast as it goes. */
  readonly quick: boolean;
}

export class Backdrop {
  private readonly images = new ImageLayer();
  private readonly effects = new ImageEffectsLayer();

  draw(
    context: Context,
    view: View,
    { image, size: [width, height], settings, bitmap, pixelRatio, quick }: BackdropState,
  ): void {
    if (bitmap) {
      context.fillStyle = "#000000";
      context.fillRect(view.x, view.y, width * view.scale, height * view.scale);
    } else if (image) {
      const source = this.effects.apply(image, settings, quick);
      this.images.draw(context, image, source, view, settings.smoothImage, quick);
    } else drawPlaceholder(context, width, height, view, pixelRatio);
    drawGrid(context, width, height, view, pixelRatio, settings);
  }
}
