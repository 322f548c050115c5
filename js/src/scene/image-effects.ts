/**
 * Brightness, contrast, saturation, gamma and equalization of the picture that is shown. A changed copy is kept, so that panning and
 * zooming cost what they cost without. Canvas filters do the plain cases where the browser has them; the rest is arithmetic on
 * pixels that works everywhere.
 */
import type { FrameImage } from "../frames/player";
import type { ImageEffects } from "../view-settings";
import type { Source } from "./image-layer";
import type { Context } from "./painter";
import { contextOf, createSurface, type Surface } from "./surface";

/** Copies of larger pictures have fewer pixels. */
const MAX_PIXELS = 24e6;
/** While something changes, a copy of about the size of a view will do. */
const DRAFT_PIXELS = 1.5e6;
/** The brightness of a picture is counted on a copy of at most this many pixels. */
const COUNTED_PIXELS = 250_000;

type FilterContext = Context & { filter: string };

export function changesPicture({ brightness, contrast, saturation, gamma, equalize }: ImageEffects): boolean {
  return brightness !== 100 || contrast !== 100 || saturation !== 100 || gamma !== 1 || equalize;
}

/** Brightness of a pixel, 0–255 (ITU-R BT.601). */
function lumaOf(red: number, green: number, blue: number): number {
  return (red * 77 + green * 150 + blue * 29) >> 8;
}

/** How many pixels have each brightness. */
export function histogramOf(pixels: Uint8ClampedArray): Uint32Array {
  const counts = new Uint32Array(256);
  for (let i = 0; i < pixels.length; i += 4) {
    const luma = lumaOf(pixels[i] as number, pixels[i + 1] as number, pixels[i + 2] as number);
    counts[luma] = (counts[luma] as number) + 1;
  }
  return counts;
}

/** What each brightness becomes so that all occur about equally often. */
export function equalization(counts: Uint32Array): Uint8Array {
  const table = Uint8Array.from({ length: 256 }, (_, i) => i);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const lowest = counts.find((count) => count > 0) ?? 0;
  // A picture of one brightness stays what it is.
  if (total === lowest) return table;
  let below = 0;
  for (let i = 0; i < 256; i++) {
    below += counts[i] as number;
    table[i] = Math.max(0, Math.round(((below - lowest) / (total - lowest)) * 255));
  }
  return table;
}

/** What each value of a channel becomes by gamma, then brightness, then contrast. */
export function channelTable({ gamma, brightness, contrast }: ImageEffects): Uint8ClampedArray {
  const table = new Uint8ClampedArray(256);
  for (let i = 0; i < 256; i++) {
    const bright = Math.min(1, (i / 255) ** (1 / Math.max(gamma, 0.01)) * (brightness / 100));
    table[i] = ((bright - 0.5) * (contrast / 100) + 0.5) * 255;
  }
  return table;
}

/** Change pixels (RGBA) in place; `equalized` is the table of the whole picture. */
export function adjustPixels(pixels: Uint8ClampedArray, effects: ImageEffects, equalized: Uint8Array | null): void {
  const table = channelTable(effects);
  const saturation = effects.saturation / 100;
  for (let i = 0; i < pixels.length; i += 4) {
    let red = pixels[i] as number;
    let green = pixels[i + 1] as number;
    let blue = pixels[i + 2] as number;
    if (equalized) {
      const luma = lumaOf(red, green, blue);
      const shift = (equalized[luma] as number) - luma;
      red = Math.min(255, Math.max(0, red + shift));
      green = Math.min(255, Math.max(0, green + shift));
      blue = Math.min(255, Math.max(0, blue + shift));
    }
    red = table[red] as number;
    green = table[green] as number;
    blue = table[blue] as number;
    if (saturation !== 1) {
      // The weights of the CSS filter, so that both ways look the same.
      const grey = 0.213 * red + 0.715 * green + 0.072 * blue;
      red = grey + (red - grey) * saturation;
      green = grey + (green - grey) * saturation;
      blue = grey + (blue - grey) * saturation;
    }
    pixels[i] = red;
    pixels[i + 1] = green;
    pixels[i + 2] = blue;
  }
}

function hasFilters(): boolean {
  return typeof CanvasRenderingContext2D !== "undefined" && "filter" in CanvasRenderingContext2D.prototype;
}

/** Size of a copy that has the picture's proportions and at most so many pixels. */
function sizeWithin({ width, height }: ImageBitmap, pixels: number): readonly [number, number] {
  const scale = Math.min(1, Math.sqrt(pixels / (width * height)));
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}

function pixelsOf(context: Context, width: number, height: number): ImageData {
  return context.getImageData(0, 0, width, height);
}

export class ImageEffectsLayer {
  private copy: Surface | null = null;
  private readonly of: { image: ImageBitmap | null; effects: string; draft: boolean } = {
    image: null,
    effects: "",
    draft: false,
  };
  private readonly tables = new WeakMap<ImageBitmap, Uint8Array>();

  /** The picture with the effects, or as it is if there are none. `quick`: something is changing, a coarse copy will do. */
  apply(image: FrameImage, effects: ImageEffects, quick: boolean): Source {
    if (!changesPicture(effects)) {
      this.clear();
      return image.image;
    }
    const { of } = this;
    const { brightness, contrast, saturation, gamma, equalize } = effects;
    const name = [brightness, contrast, saturation, gamma, equalize].join();
    const same = this.copy && of.image === image.image && of.effects === name;
    if (this.copy && same && (quick || !of.draft)) return this.copy;
    const [width, height] = sizeWithin(image.image, quick ? DRAFT_PIXELS : MAX_PIXELS);
    of.draft = width < sizeWithin(image.image, MAX_PIXELS)[0];
    of.image = image.image;
    of.effects = name;
    this.copy = this.make(image.image, effects, width, height);
    return this.copy;
  }

  clear(): void {
    this.copy = null;
    this.of.image = null;
  }

  private make(image: ImageBitmap, effects: ImageEffects, width: number, height: number): Surface {
    const surface = createSurface(width, height);
    const context = contextOf(surface);
    const plain = effects.gamma === 1 && !effects.equalize;
    if (plain && hasFilters()) {
      const { brightness, contrast, saturation } = effects;
      (context as FilterContext).filter = `brightness(${brightness}%) contrast(${contrast}%) saturate(${saturation}%)`;
      context.drawImage(image, 0, 0, width, height);
      return surface;
    }
    context.drawImage(image, 0, 0, width, height);
    const data = pixelsOf(context, width, height);
    adjustPixels(data.data, effects, effects.equalize ? this.tableOf(image) : null);
    context.putImageData(data, 0, 0);
    return surface;
  }

  private tableOf(image: ImageBitmap): Uint8Array {
    let table = this.tables.get(image);
    if (!table) {
      const [width, height] = sizeWithin(image, COUNTED_PIXELS);
      const context = contextOf(createSurface(width, height));
      context.drawImage(image, 0, 0, width, height);
      table = equalization(histogramOf(pixelsOf(context, width, height).data));
      this.tables.set(image, table);
    }
    return table;
  }
}
