/**
 * A mask that is being drawn. Its tiles are small canvases that live as long as its bitmap; after a move only the pixels that the
 * move touched are written to them, and only that part of the view is composed again.
 */
import { boxesMeet, type PixelBox } from "../geometry/bitmap";
import { type Brush, snapToBrush, TILE } from "../geometry/brush";
import type { TiledBitmap } from "../geometry/tiles";
import type { Point } from "../shapes/kind";
import type { Context } from "./painter";
import { contextOf, createSurface, type Surface } from "./surface";

export interface BrushCursor extends Brush {
  /** Where the pointer is. */
  readonly at: Point;
  readonly erases: boolean;
}

export interface BitmapPreview {
  readonly source: TiledBitmap;
  /** `#rrggbb` */
  readonly color: string;
  /** 0 leaves the pixels out. */
  readonly opacity: number;
  readonly brush: BrushCursor | null;
}

/** What was drawn of a bitmap before: kept with it, gone with it. */
const layers = new WeakMap<TiledBitmap, BitmapLayer>();

/** Draw on a context whose coordinates are those of the picture; `unit` is a CSS pixel in pixels of the picture. */
export function drawBitmap(context: Context, preview: BitmapPreview, unit: number): void {
  let layer = layers.get(preview.source);
  if (!layer) {
    layer = new BitmapLayer(preview.source);
    layers.set(preview.source, layer);
  }
  if (preview.opacity > 0) layer.draw(context, preview);
  if (preview.brush) drawBrush(context, preview.brush, unit);
}

class BitmapLayer {
  private readonly tiles = new Map<number, Surface>();
  /** The visible part in pixels of the view, opaque. */
  private sheet: Surface = createSurface(1, 1);
  /** What the sheet was composed for. */
  private composed = "";
  private color = "";
  private readonly area: Uint32Array<ArrayBuffer>;

  constructor(private readonly source: TiledBitmap) {
    this.area = new Uint32Array(TILE * TILE);
  }

  draw(context: Context, { color, opacity }: BitmapPreview): void {
    const { source } = this;
    const whole = { left: 0, top: 0, right: source.width, bottom: source.height };
    let dirty = source.takeDirty();
    if (color !== this.color) {
      this.color = color;
      dirty = whole;
      this.composed = "";
    }
    if (dirty) this.paint(dirty);
    const { width, height } = context.canvas;
    const matrix = context.getTransform();
    const key = [width, height, matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f].join();
    if (key !== this.composed) {
      this.composed = key;
      dirty = whole;
      if (this.sheet.width !== width || this.sheet.height !== height) this.sheet = createSurface(width, height);
    }
    if (dirty) this.compose(dirty, matrix);
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalAlpha = opacity;
    context.drawImage(this.sheet, 0, 0);
    context.restore();
  }

  /** Bring the tiles under a box up to date, there and nowhere else. */
  private paint({ left, top, right, bottom }: PixelBox): void {
    const { source } = this;
    const word = wordOf(this.color);
    for (let row = Math.floor(top / TILE); row * TILE < bottom; row++) {
      for (let column = Math.floor(left / TILE); column * TILE < right; column++) {
        const index = row * source.columns + column;
        const bytes = source.tileAt(column, row);
        if (!bytes) {
          this.tiles.delete(index);
          continue;
        }
        const surface = this.tiles.get(index) ?? createSurface(TILE, TILE);
        this.tiles.set(index, surface);
        const x0 = Math.max(0, left - column * TILE);
        const y0 = Math.max(0, top - row * TILE);
        const x1 = Math.min(TILE, right - column * TILE);
        const y1 = Math.min(TILE, bottom - row * TILE);
        const width = x1 - x0;
        const words = this.area.subarray(0, width * (y1 - y0));
        for (let y = y0, at = 0; y < y1; y++) {
          const offset = y * TILE;
          for (let x = x0; x < x1; x++) words[at++] = bytes[offset + x] ? word : 0;
        }
        const image = new ImageData(new Uint8ClampedArray(words.buffer, 0, words.byteLength), width, y1 - y0);
        contextOf(surface).putImageData(image, x0, y0);
      }
    }
  }

  /** Draw the part of the sheet that shows a box. */
  private compose(box: PixelBox, matrix: DOMMatrix): void {
    const { source, sheet } = this;
    const context = contextOf(sheet);
    const scale = Math.hypot(matrix.a, matrix.b);
    const corners = [
      [box.left, box.top],
      [box.right, box.top],
      [box.left, box.bottom],
      [box.right, box.bottom],
    ].map(([x, y]) => matrix.transformPoint({ x: x as number, y: y as number }));
    // Filtering reaches one pixel further.
    const left = Math.max(0, Math.floor(Math.min(...corners.map(({ x }) => x))) - 1);
    const top = Math.max(0, Math.floor(Math.min(...corners.map(({ y }) => y))) - 1);
    const right = Math.min(sheet.width, Math.ceil(Math.max(...corners.map(({ x }) => x))) + 1);
    const bottom = Math.min(sheet.height, Math.ceil(Math.max(...corners.map(({ y }) => y))) + 1);
    if (right <= left || bottom <= top) return;
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(left, top, right - left, bottom - top);
    context.beginPath();
    context.rect(left, top, right - left, bottom - top);
    context.clip();
    context.setTransform(matrix);
    context.imageSmoothingEnabled = scale < 1;
    context.imageSmoothingQuality = scale < 0.5 ? "medium" : "low";
    // A little larger than they are, so that no seam is seen between tiles; the sheet is opaque, overlaps do not show.
    const seam = 0.5 / scale;
    const reach = Math.ceil(2 / scale);
    const around = { left: box.left - reach, top: box.top - reach, right: box.right + reach, bottom: box.bottom + reach };
    for (const [index, surface] of this.tiles) {
      const x = (index % source.columns) * TILE;
      const y = Math.floor(index / source.columns) * TILE;
      if (!boxesMeet({ left: x, top: y, right: x + TILE, bottom: y + TILE }, around)) continue;
      context.drawImage(surface, x - seam, y - seam, TILE + 2 * seam, TILE + 2 * seam);
    }
    context.restore();
  }
}

const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** A colour as four bytes of ImageData. */
function wordOf(color: string): number {
  const value = Number.parseInt(color.slice(1, 7), 16) || 0x808080;
  const [r, g, b] = [value >> 16, (value >> 8) & 255, value & 255];
  return (LITTLE_ENDIAN ? (255 << 24) | (b << 16) | (g << 8) | r : (r << 24) | (g << 16) | (b << 8) | 255) >>> 0;
}

/** The border of what a press would paint: white on a dark edge, dashed for an eraser. */
function drawBrush(context: Context, { at, form, size, erases }: BrushCursor, unit: number): void {
  const [x, y] = snapToBrush(at, size);
  context.beginPath();
  if (form === "circle") context.arc(x, y, size / 2, 0, 2 * Math.PI);
  else context.rect(x - size / 2, y - size / 2, size, size);
  context.lineWidth = 3 * unit;
  context.strokeStyle = "rgba(0, 0, 0, 0.55)";
  context.stroke();
  context.lineWidth = 1.25 * unit;
  context.strokeStyle = "#ffffff";
  if (erases) context.setLineDash([4 * unit, 3 * unit]);
  context.stroke();
  context.setLineDash([]);
}
