/**
 * A bitmap of shapes and the part of the picture's plane it shows. Small changes are repaired in place: the touched rectangle is
 * cleared and drawn again, which takes a millisecond where drawing everything takes hundreds.
 */
import type { Box } from "../shapes/kind";
import type { Item } from "./items";
import { boxOfLabel, drawLabels, type Label, labelOf } from "./labels";
import { type Area, boxOfArea, type Context, grown, paintItems, type Style, touches } from "./painter";
import type { Sketch } from "./renderer";
import { contextOf, createSurface, type Surface } from "./surface";

export class Sheet {
  readonly box: Box;
  /** It shows this frame, but not as it is now; a new one is on its way. */
  outdated = false;
  private source: Sketch["source"];
  private labels: readonly Label[];
  /** Set once a repair was needed; a bitmap that came from the worker cannot be drawn on. */
  private context: Context | null = null;

  constructor(
    sketch: Sketch,
    readonly area: Area,
    readonly style: Style,
  ) {
    this.box = boxOfArea(area);
    this.source = sketch.source;
    this.labels = sketch.labels;
  }

  /** Put the bitmap on the view, whose scale is `scale` bitmap pixels and whose origin lies at (x, y). */
  blit(target: Context, scale: number, x: number, y: number): void {
    const ratio = scale / this.area.scale;
    const exact = Math.abs(ratio - 1) < 1e-6;
    const left = this.area.x * scale + x;
    const top = this.area.y * scale + y;
    target.imageSmoothingEnabled = !exact;
    target.imageSmoothingQuality = "low";
    if (exact) target.drawImage(this.source, Math.round(left), Math.round(top));
    else target.drawImage(this.source, left, top, this.area.width * ratio, this.area.height * ratio);
  }

  /** What must be drawn again when an item comes, goes or changes: its lines, dots and text. */
  reach(item: Item): Box {
    const unit = this.style.pixelRatio / this.area.scale;
    const margin = (Math.max(this.style.pointRadius, this.style.lineWidth) + 2) * unit;
    const box = grown(item.box, margin);
    if (!this.style.texts) return box;
    const label = boxOfLabel(labelOf(item, this.area.scale, this.style), this.area.scale, this.style);
    // The width of a text is an estimate.
    const slack = 8 * unit;
    return {
      minX: Math.min(box.minX, label.minX - slack),
      minY: Math.min(box.minY, label.minY - slack),
      maxX: Math.max(box.maxX, label.maxX + slack),
      maxY: Math.max(box.maxY, label.maxY + slack),
    };
  }

  /**
   * Draw the rectangle of a change again.
   *
   * `items` are the ones that touch the rectangle, bottom first; `changed` are the ids whose text goes and `shown` the items among
   * them that are still to be seen here.
   */
  repair(box: Box, items: readonly Item[], changed: ReadonlySet<number>, shown: readonly Item[]): void {
    if (this.style.texts) {
      const kept = this.labels.filter((label) => !changed.has(label.id));
      for (const item of shown) kept.push(labelOf(item, this.area.scale, this.style));
      this.labels = kept;
    }
    if (!touches(box, this.box)) return;
    const context = this.drawable();
    const { area } = this;
    const left = Math.max(0, Math.floor((box.minX - area.x) * area.scale));
    const top = Math.max(0, Math.floor((box.minY - area.y) * area.scale));
    const right = Math.min(area.width, Math.ceil((box.maxX - area.x) * area.scale));
    const bottom = Math.min(area.height, Math.ceil((box.maxY - area.y) * area.scale));
    if (right <= left || bottom <= top) return;
    context.save();
    context.beginPath();
    context.rect(left, top, right - left, bottom - top);
    context.clip();
    context.clearRect(left, top, right - left, bottom - top);
    const steps = paintItems(context, items, area, this.style);
    while (!steps.next().done);
    if (this.style.texts) {
      const near = this.labels.filter((label) => touches(boxOfLabel(label, area.scale, this.style), box));
      drawLabels(context, near, area, this.style);
    }
    context.restore();
  }

  close(): void {
    if (typeof ImageBitmap !== "undefined" && this.source instanceof ImageBitmap) this.source.close();
  }

  private drawable(): Context {
    if (!this.context) {
      const surface: Surface = createSurface(this.area.width, this.area.height);
      this.context = contextOf(surface);
      this.context.drawImage(this.source, 0, 0);
      this.close();
      this.source = surface;
    }
    return this.context;
  }
}
