/** An R-tree over the boxes of the items on a frame, for culling, hits and repairs of parts of the drawing. */
import RBush from "rbush";
import type { Box } from "../shapes/kind";
import type { Item } from "./items";

interface Entry extends Box {
  readonly item: Item;
  /** Place in the order of drawing, 0 at the bottom. */
  rank: number;
}

/** Above this share of changed items building anew is faster than changing one by one. */
const REBUILD_SHARE = 0.2;

function entryOf(item: Item, rank: number): Entry {
  const { minX, minY, maxX, maxY } = item.box;
  return { minX, minY, maxX, maxY, item, rank };
}

export class SpatialIndex {
  private tree = new RBush<Entry>();
  private entries = new Map<number, Entry>();

  /** Take the items of the frame, bottom first. Items are compared by identity. */
  update(items: readonly Item[]): void {
    const changed: Item[] = [];
    const ranks = new Map<number, number>();
    for (const item of items) {
      ranks.set(item.id, ranks.size);
      if (this.entries.get(item.id)?.item !== item) changed.push(item);
    }
    const gone: Entry[] = [];
    for (const entry of this.entries.values()) if (!ranks.has(entry.item.id)) gone.push(entry);
    if (changed.length + gone.length > 16 + items.length * REBUILD_SHARE) {
      const entries = items.map((item, rank) => entryOf(item, rank));
      this.tree.clear();
      this.tree.load(entries);
      this.entries = new Map(entries.map((entry) => [entry.item.id, entry]));
      return;
    }
    for (const entry of gone) {
      this.tree.remove(entry);
      this.entries.delete(entry.item.id);
    }
    for (const item of changed) {
      const before = this.entries.get(item.id);
      if (before) this.tree.remove(before);
      const entry = entryOf(item, 0);
      this.tree.insert(entry);
      this.entries.set(item.id, entry);
    }
    for (const [id, rank] of ranks) (this.entries.get(id) as Entry).rank = rank;
  }

  get(id: number): Item | undefined {
    return this.entries.get(id)?.item;
  }

  /** Items whose box touches `box`, bottom first. */
  search(box: Box): Item[] {
    const found = this.tree.search(box);
    if (found.length > 1) found.sort((a, b) => a.rank - b.rank);
    return found.map((entry) => entry.item);
  }

  /** How many items touch `box`. */
  count(box: Box): number {
    return this.tree.search(box).length;
  }
}
