/** What lies under a point or in a box of the picture. */
import type { Editor } from "../editor";
import { kindOf } from "../shapes/index";
import type { Box, Figure, Handle, Point } from "../shapes/kind";
import type { Item } from "./items";
import type { SpatialIndex } from "./spatial-index";
import type { Viewport } from "./viewport";

/** In CSS pixels. */
const HIT_RADIUS = 4;
export const HANDLE_RADIUS = 8;

function around([x, y]: Point, reach: number): Box {
  return { minX: x - reach, minY: y - reach, maxX: x + reach, maxY: y + reach };
}

export class Picker {
  constructor(
    private readonly index: SpatialIndex,
    private readonly editor: Editor,
    private readonly viewport: Viewport,
  ) {}

  /** Ids under a point, topmost first; locked objects are left out. */
  at(point: Point): readonly number[] {
    const reach = Math.max(HIT_RADIUS, this.editor.settings.peek().controlPointSize) / this.viewport.scale.peek();
    const locked = this.editor.locked.peek();
    const ids: number[] = [];
    const found = this.index.search(around(point, reach));
    for (let i = found.length - 1; i >= 0; i--) {
      const item = found[i] as Item;
      if (!locked.has(item.id) && kindOf(item.type).distance(item, point[0], point[1]) <= reach) ids.push(item.id);
    }
    return ids;
  }

  /** Ids of the objects that lie wholly inside a box. */
  in(box: Box): readonly number[] {
    const locked = this.editor.locked.peek();
    return this.index
      .search(box)
      .filter(
        ({ id, box: { minX, minY, maxX, maxY } }) =>
          !locked.has(id) && minX >= box.minX && minY >= box.minY && maxX <= box.maxX && maxY <= box.maxY,
      )
      .map(({ id }) => id);
  }

  figuresNear(point: Point, reach: number): readonly Figure[] {
    return this.index.search(around(point, reach));
  }

  /** The handle of an object under a point. */
  handleOf(item: Item, [x, y]: Point): Handle | null {
    const unit = 1 / this.viewport.scale.peek();
    let nearest: Handle | null = null;
    let least = Math.max(HANDLE_RADIUS, this.editor.settings.peek().controlPointSize + 3) * unit;
    for (const handle of kindOf(item.type).handles(item, unit)) {
      // A midpoint of an edge gives way to a vertex beside it.
      const distance = Math.hypot(handle.x - x, handle.y - y) * (handle.kind === "edge" ? 1.6 : 1);
      if (distance <= least) {
        least = distance;
        nearest = handle;
      }
    }
    return nearest;
  }
}
