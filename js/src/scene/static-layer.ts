/**
 * Every shape that nobody is working on.
 *
 * Few shapes are drawn directly. Many are drawn by the renderer into a bitmap somewhat larger than the view, which is put on the
 * view, scaled and shifted, while the user pans and zooms; a crisp one follows. The last bitmap that showed everything is kept
 * beneath, so that a fast pan never shows an empty margin.
 */
import type { Box } from "../shapes/kind";
import { boxOfView, contains, intersection, planArea, unionOf, type View } from "./area";
import type { Item } from "./items";
import { boxOfArea, type Context, costOf, grown, paintAll, type Style } from "./painter";
import { createRenderer, type DrawRequest, type Renderer, type Sketch } from "./renderer";
import { Sheet } from "./sheet";
import type { SpatialIndex } from "./spatial-index";

const DIRECT_ITEMS = 400;
const DIRECT_COST = 6;
const REPAIR_ITEMS = 64;
const REPAIR_COST = 30;
/** While moving, an old bitmap will do within these ratios of scale. */
const TOLERATED = 2;

/** Width of the longest text beside an object, in sizes of the font. */
const LONGEST_TEXT = 38;
/** Bitmap pixels that rounding may cost at the border of a bitmap. */
const SLACK = 1.5;

function sameScale(a: number, b: number): boolean {
  return Math.abs(a / b - 1) < 1e-6;
}

type Change = { readonly version: number; readonly before: readonly Item[]; readonly after: readonly Item[] };

export class StaticLayer {
  private items: readonly Item[] = [];
  private byId = new Map<number, Item>();
  private content: Box | null = null;
  private lifted: ReadonlySet<number> = new Set();
  private style: Style | null = null;
  private version = 0;
  private crisp: Sheet | null = null;
  private overview: Sheet | null = null;
  /** Small changes since the oldest drawing that may still arrive. */
  private changes: Change[] = [];
  /** Sheets of an older version than this cannot be repaired. */
  private repairableFrom = 0;
  private renderer: Renderer | null = null;
  private sent = new Map<number, Item>();
  private sentOrder: readonly Item[] = [];
  private asked: DrawRequest | null = null;
  private askedVersion = 0;

  constructor(
    private readonly index: SpatialIndex,
    /** The layer looks different now. */
    private readonly onChange: () => void,
  ) {}

  /** Take the items of the frame, bottom first; the index must know them already. */
  setItems(items: readonly Item[]): void {
    const before: Item[] = [];
    const after: Item[] = [];
    const byId = new Map<number, Item>();
    for (const item of items) {
      byId.set(item.id, item);
      const old = this.byId.get(item.id);
      if (old === item) continue;
      if (old) before.push(old);
      after.push(item);
    }
    for (const item of this.items) if (!byId.has(item.id)) before.push(item);
    const moved = reordered(this.items, items, byId);
    if (before.length === 0 && after.length === 0 && moved.length === 0) return;
    before.push(...moved);
    after.push(...moved);
    this.items = items;
    this.byId = byId;
    this.version++;
    this.content = unionOf(items);
    this.change({ version: this.version, before, after });
  }

  /** Objects that the interaction layer draws instead. */
  setLifted(ids: ReadonlySet<number>): void {
    const touched: Item[] = [];
    for (const id of ids) if (!this.lifted.has(id)) this.push(touched, id);
    for (const id of this.lifted) if (!ids.has(id)) this.push(touched, id);
    this.lifted = ids;
    if (touched.length === 0) return;
    this.version++;
    this.change({ version: this.version, before: touched, after: touched });
  }

  setStyle(style: Style): void {
    if (this.style && JSON.stringify(this.style) === JSON.stringify(style)) return;
    this.style = style;
    this.onChange();
  }

  /** Whether the present items can be shown at once, without what was drawn for others before. */
  get ready(): boolean {
    return this.items.length <= DIRECT_ITEMS || this.crisp !== null;
  }

  /** Forget the bitmaps: they show another frame. */
  clear(): void {
    this.dropSheets();
    this.changes = [];
    this.repairableFrom = this.version + 1;
  }

  /** Draw on a context without a transform. `moving`: the view has just changed and will again. */
  draw(context: Context, view: View, moving: boolean): void {
    const { style, content } = this;
    if (!style || !content || this.items.length === 0 || view.width < 1 || view.height < 1) return;
    const reach = this.reach(style);
    const everything = grown(content, reach / view.scale);
    const shown = intersection(boxOfView(view), everything);
    if (!shown) return;
    if (this.items.length <= DIRECT_ITEMS) {
      const visible = this.index.search(grown(shown, reach / view.scale)).filter(({ id }) => !this.lifted.has(id));
      const cheap = costOf(visible, view.scale, DIRECT_COST) < DIRECT_COST;
      if (cheap || !this.crisp) {
        const { minX, minY } = boxOfView(view);
        paintAll(context, visible, { ...view, x: minX, y: minY }, style);
        if (cheap) this.dropSheets();
        else this.request(view, shown, everything, style, moving);
        return;
      }
    }
    this.blit(context, view, shown);
    this.request(view, shown, everything, style, moving);
  }

  /** Whether nothing better than what is shown is to come for a view at rest. */
  crispAt(view: View): boolean {
    const { style, content, crisp } = this;
    if (!style || !content || view.width < 1 || view.height < 1) return true;
    const shown = intersection(boxOfView(view), grown(content, this.reach(style) / view.scale));
    if (!shown) return true;
    if (!crisp) return this.items.length <= DIRECT_ITEMS;
    return this.does(crisp, view, shown, style) && sameScale(view.scale, crisp.area.scale);
  }

  /** Have the renderer ready before there is anything to draw: starting workers takes as long as drawing hundreds of shapes. */
  warm(): void {
    this.renderer ??= this.start();
  }

  /** Ask for the bitmap of a view that is not shown yet. */
  prepare(view: View): void {
    const { style, content } = this;
    if (!style || !content || view.width < 1 || view.height < 1) return;
    const everything = grown(content, this.reach(style) / view.scale);
    const shown = intersection(boxOfView(view), everything);
    if (shown) this.request(view, shown, everything, style, false);
  }

  dispose(): void {
    this.dropSheets();
    this.renderer?.dispose();
    this.renderer = null;
  }

  /** How far dots, lines and texts stick out of the boxes of their objects, in bitmap pixels. */
  private reach(style: Style): number {
    return (style.pointRadius + style.lineWidth + (style.texts ? LONGEST_TEXT * style.textSize : 2)) * style.pixelRatio;
  }

  private blit(context: Context, view: View, shown: Box): void {
    const { crisp, overview } = this;
    if (overview && overview !== crisp && !(crisp && contains(crisp.box, shown, SLACK / view.scale))) {
      context.save();
      if (crisp) {
        const { minX, minY, maxX, maxY } = crisp.box;
        context.beginPath();
        context.rect(0, 0, view.width, view.height);
        context.rect(
          minX * view.scale + view.x,
          minY * view.scale + view.y,
          (maxX - minX) * view.scale,
          (maxY - minY) * view.scale,
        );
        context.clip("evenodd");
      }
      overview.blit(context, view.scale, view.x, view.y);
      context.restore();
    }
    crisp?.blit(context, view.scale, view.x, view.y);
  }

  /** Ask for a new bitmap if the present one does not do. */
  private request(view: View, shown: Box, everything: Box, style: Style, moving: boolean): void {
    const { crisp } = this;
    if (crisp && this.does(crisp, view, shown, style)) {
      const ratio = view.scale / crisp.area.scale;
      if (sameScale(view.scale, crisp.area.scale) || (moving && ratio > 1 / TOLERATED && ratio < TOLERATED)) return;
    }
    if (this.renderer?.busy) {
      // Let a drawing that is under way come to its end while the view moves; at rest only the right one will do.
      const { asked } = this;
      if (asked && asked.style === style && this.askedVersion >= this.repairableFrom) {
        const covers = contains(boxOfArea(asked.area), shown, SLACK / view.scale);
        if (moving || (covers && sameScale(asked.area.scale, view.scale))) return;
      }
    }
    const area = planArea(view, everything);
    if (area) this.ask({ area, style, lifted: [...this.lifted], moving });
  }

  /** Whether a sheet tells the truth about what a view shows, be it scaled. */
  private does(sheet: Sheet, view: View, shown: Box, style: Style): boolean {
    return sheet.style === style && !sheet.outdated && contains(sheet.box, shown, SLACK / view.scale);
  }

  private ask(request: DrawRequest): void {
    this.renderer ??= this.start();
    this.send();
    this.asked = request;
    this.askedVersion = this.version;
    this.renderer.draw(request);
  }

  private start(): Renderer {
    return createRenderer(
      (sketch) => this.take(sketch),
      (renderer) => {
        this.renderer = renderer;
        this.sent = new Map();
        this.sentOrder = [];
        if (this.asked) this.ask(this.asked);
      },
    );
  }

  /** Send the renderer what it does not know yet. */
  private send(): void {
    if (this.sentOrder === this.items) return;
    const changed = this.items.filter((item) => this.sent.get(item.id) !== item);
    this.renderer?.update(changed, this.items);
    this.sent = this.byId;
    this.sentOrder = this.items;
  }

  private take(sketch: Sketch): void {
    const version = this.askedVersion;
    const { asked } = this;
    this.asked = null;
    if (!asked) return;
    const sheet = new Sheet(sketch, asked.area, asked.style);
    if (version < this.repairableFrom) {
      sheet.close();
      this.onChange();
      return;
    }
    for (const change of this.changes) if (change.version > version) this.repair(sheet, change);
    this.changes = [];
    if (this.crisp && this.crisp !== this.overview) this.crisp.close();
    this.crisp = sheet;
    if (this.overview?.outdated) {
      this.overview.close();
      this.overview = null;
    }
    if (this.content && contains(sheet.box, this.content, 1)) {
      this.overview?.close();
      this.overview = sheet;
    }
    this.onChange();
  }

  private change(change: Change): void {
    this.onChange();
    if (!this.crisp && !this.asked) return;
    if (change.before.length + change.after.length > REPAIR_ITEMS || !this.affordable(change)) {
      this.changes = [];
      this.repairableFrom = this.version;
      this.outdate();
      return;
    }
    if (this.asked) this.changes.push(change);
    for (const sheet of new Set([this.crisp, this.overview])) if (sheet) this.repair(sheet, change);
  }

  private affordable({ before, after }: Change): boolean {
    const scale = this.crisp?.area.scale ?? this.asked?.area.scale ?? 1;
    let cost = 0;
    for (const item of [...before, ...after]) {
      cost += costOf(this.index.search(item.box), scale, REPAIR_COST);
      if (cost >= REPAIR_COST) return false;
    }
    return true;
  }

  private repair(sheet: Sheet, { before, after }: Change): void {
    const touched = new Set([...before, ...after].map((item) => item.id));
    const shown = after.filter((item) => this.byId.get(item.id) === item && !this.lifted.has(item.id));
    const boxes = [...before, ...after].map((item) => sheet.reach(item));
    boxes.forEach((box, i) => {
      const items = this.index.search(box).filter((item) => !this.lifted.has(item.id));
      // Texts need taking off and putting back only once.
      sheet.repair(box, items, i === 0 ? touched : NOBODY, i === 0 ? shown : []);
    });
  }

  /** The bitmaps no longer tell the truth, but the same frame: keep showing them until the next ones come. */
  private outdate(): void {
    if (this.crisp) this.crisp.outdated = true;
    if (this.overview) this.overview.outdated = true;
  }

  private dropSheets(): void {
    for (const sheet of new Set([this.crisp, this.overview])) sheet?.close();
    this.crisp = null;
    this.overview = null;
  }

  private push(list: Item[], id: number): void {
    const item = this.byId.get(id);
    if (item) list.push(item);
  }
}

const NOBODY: ReadonlySet<number> = new Set();

/** Items that are the same but stand in another place of the order: everything between the first and the last difference. */
function reordered(old: readonly Item[], now: readonly Item[], byId: ReadonlyMap<number, Item>): Item[] {
  const known = new Set<number>(old.map((item) => item.id));
  const a = old.filter((item) => byId.has(item.id));
  const b = now.filter((item) => known.has(item.id));
  let first = 0;
  while (first < a.length && a[first]?.id === b[first]?.id) first++;
  let last = a.length - 1;
  while (last > first && a[last]?.id === b[last]?.id) last--;
  return first >= a.length ? [] : b.slice(first, last + 1);
}
