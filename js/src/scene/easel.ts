/**
 * Items and the drawing of a bitmap of them, in slices, so that a request that came too late can be dropped. It runs in the
 * worker, and on the page where workers are refused.
 */
import type { Item } from "./items";
import { drawLabels, type Label, planLabels } from "./labels";
import { type PackedItems, unpackItems } from "./packing";
import { type Area, type Context, paintItems, type Style } from "./painter";

export interface ItemsMessage {
  readonly t: "items";
  /** New and changed items. */
  readonly changed: PackedItems;
  /** Ids of all items, bottom first. */
  readonly order: Float64Array;
}

export interface DrawMessage {
  readonly t: "draw";
  readonly request: number;
  readonly area: Area;
  readonly style: Style;
  /** Objects that the interaction layer draws. */
  readonly lifted: readonly number[];
}

export interface CancelMessage {
  readonly t: "cancel";
  readonly request: number;
}

export type EaselMessage = ItemsMessage | DrawMessage | CancelMessage;

export type EaselAnswer =
  | { readonly t: "drawn"; readonly request: number; readonly bitmap: ImageBitmap; readonly labels: readonly Label[] }
  | { readonly t: "failed"; readonly error: string };

export class Easel {
  private readonly byId = new Map<number, Item>();
  private order: readonly Item[] = [];

  takeItems(message: ItemsMessage): void {
    for (const item of unpackItems(message.changed)) this.byId.set(item.id, item);
    const kept = new Set<number>(message.order);
    for (const id of this.byId.keys()) if (!kept.has(id)) this.byId.delete(id);
    this.order = Array.from(message.order, (id) => this.byId.get(id)).filter((item) => item !== undefined);
  }

  /** Draw on a cleared context; yields between slices and returns where texts stand. */
  *draw(context: Context, { area, style, lifted }: DrawMessage): Generator<void, readonly Label[]> {
    const without = new Set(lifted);
    const items = without.size > 0 ? this.order.filter((item) => !without.has(item.id)) : this.order;
    yield* paintItems(context, items, area, style);
    const labels = style.texts ? planLabels(items, area, style) : [];
    drawLabels(context, labels, area, style);
    return labels;
  }
}
