/**
 * A bitmap that is painted: bytes in tiles that exist only where something was set. A change touches, copies for undo and draws
 * only what lies under it, however large the picture is.
 */
import type { Point } from "../shapes/kind";
import { type Bitmap, boxOfBitmap, EMPTY_BITMAP, type PixelBox, push } from "./bitmap";
import { type Brush, TILE } from "./brush";

const AREA = TILE * TILE;

/** Tiles as they were before a change (null: there was none), by their number. */
export type Change = ReadonlyMap<number, Uint8Array | null>;

export class TiledBitmap {
  readonly columns: number;
  readonly tileRows: number;
  private readonly tiles: (Uint8Array | undefined)[];
  private changed: Map<number, Uint8Array | null> | null = null;
  private dirty: PixelBox | null = null;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.columns = Math.ceil(width / TILE);
    this.tileRows = Math.ceil(height / TILE);
    this.tiles = new Array(this.columns * this.tileRows);
  }

  /** The bytes of a tile, row by row; undefined where nothing was ever set. */
  tileAt(column: number, row: number): Uint8Array | undefined {
    return this.tiles[row * this.columns + column];
  }

  isEmpty(): boolean {
    return this.tiles.every((tile) => !tile || tile.indexOf(1) < 0);
  }

  // -- painting -----------------------------------------------------------------------------------------------------------------------

  /** Paint what a brush covers on its way between two snapped points: without gaps, however fast it went. */
  stroke([x0, y0]: Point, [x1, y1]: Point, brush: Brush, value: 0 | 1): void {
    const reach = brush.size / 2;
    const top = Math.min(y0, y1) - reach;
    const bottom = Math.max(y0, y1) + reach;
    const span = brush.form === "circle" ? capsuleSpan : squareSpan;
    const first = Math.max(0, Math.ceil(top - 0.5));
    const last = Math.min(this.height - 1, Math.floor(bottom - 0.5));
    for (let row = first; row <= last; row++) {
      const found = span(x0, y0, x1, y1, reach, row + 0.5);
      if (found) this.fillRun(row, Math.ceil(found[0] - 0.5), Math.floor(found[1] - 0.5) + 1, value);
    }
    this.touch(Math.min(x0, x1) - reach, top, Math.max(x0, x1) + reach, bottom);
  }

  /** Set or clear the pixels of a bitmap. */
  write(bitmap: Bitmap, value: 0 | 1): void {
    const box = boxOfBitmap(bitmap);
    if (!box) return;
    bitmap.rows.forEach((runs, i) => {
      const row = bitmap.top + i;
      if (row < 0 || row >= this.height) return;
      for (let k = 0; k + 1 < runs.length; k += 2) this.fillRun(row, runs[k] as number, runs[k + 1] as number, value);
    });
    this.touch(box.left, box.top, box.right, box.bottom);
  }

  private fillRun(row: number, from: number, to: number, value: 0 | 1): void {
    const end = Math.min(to, this.width);
    let column = Math.max(0, from);
    const tileRow = row >> 8;
    const offset = (row & 255) << 8;
    while (column < end) {
      const tileColumn = column >> 8;
      const stop = Math.min(end, (tileColumn + 1) << 8);
      const tile = this.writable(tileRow * this.columns + tileColumn, value);
      tile?.fill(value, offset + (column & 255), offset + ((stop - 1) & 255) + 1);
      column = stop;
    }
  }

  /** A tile to write to, remembered as it was; none where there is nothing to clear. */
  private writable(index: number, value: 0 | 1): Uint8Array | undefined {
    let tile = this.tiles[index];
    if (!tile && value === 0) return undefined;
    if (this.changed && !this.changed.has(index)) this.changed.set(index, tile ? tile.slice() : null);
    if (!tile) {
      tile = new Uint8Array(AREA);
      this.tiles[index] = tile;
    }
    return tile;
  }

  // -- undo ---------------------------------------------------------------------------------------------------------------------------

  /** From here on tiles are remembered. */
  begin(): void {
    this.changed = new Map();
  }

  /** What takes back all since `begin`; null if nothing was touched. */
  end(): Change | null {
    const { changed } = this;
    this.changed = null;
    return changed && changed.size > 0 ? changed : null;
  }

  /** Put tiles back; returns what takes this back. */
  restore(change: Change): Change {
    const inverse = new Map<number, Uint8Array | null>();
    for (const [index, tile] of change) {
      inverse.set(index, this.tiles[index] ?? null);
      this.tiles[index] = tile ?? undefined;
      const left = (index % this.columns) * TILE;
      const top = Math.floor(index / this.columns) * TILE;
      this.touch(left, top, left + TILE, top + TILE);
    }
    return inverse;
  }

  // -- reading ------------------------------------------------------------------------------------------------------------------------

  private touch(left: number, top: number, right: number, bottom: number): void {
    const { dirty } = this;
    this.dirty = {
      left: Math.max(0, Math.min(dirty?.left ?? this.width, Math.floor(left))),
      top: Math.max(0, Math.min(dirty?.top ?? this.height, Math.floor(top))),
      right: Math.min(this.width, Math.max(dirty?.right ?? 0, Math.ceil(right))),
      bottom: Math.min(this.height, Math.max(dirty?.bottom ?? 0, Math.ceil(bottom))),
    };
  }

  /** The box around all that was touched since the last call; null if nothing was. */
  takeDirty(): PixelBox | null {
    const { dirty } = this;
    this.dirty = null;
    return dirty && dirty.right > dirty.left && dirty.bottom > dirty.top ? dirty : null;
  }

  read(): Bitmap {
    const present = this.tiles.flatMap((tile, index) => (tile ? Math.floor(index / this.columns) : []));
    if (present.length === 0) return EMPTY_BITMAP;
    const [first, last] = [present[0] as number, present.at(-1) as number];
    const rows: number[][] = [];
    for (let tileRow = first; tileRow <= last; tileRow++) {
      const here: number[][] = Array.from({ length: Math.min(TILE, this.height - tileRow * TILE) }, () => []);
      for (let column = 0; column < this.columns; column++) {
        const tile = this.tileAt(column, tileRow);
        if (tile) readTile(tile, column * TILE, here);
      }
      for (const runs of here) rows.push(runs);
    }
    return { top: first * TILE, rows };
  }
}

/** Append the runs of a tile to those of its rows. */
function readTile(tile: Uint8Array, left: number, rows: readonly number[][]): void {
  // The next one and the next zero from where the reading is; the search in the bytes is the browser's own and fast.
  let one = tile.indexOf(1);
  let zero = 0;
  while (one >= 0) {
    const row = one >> 8;
    const runs = rows[row];
    const rowEnd = (row + 1) << 8;
    if (zero <= one) {
      zero = tile.indexOf(0, one);
      if (zero < 0) zero = AREA;
    }
    const end = Math.min(zero, rowEnd);
    if (runs) push(runs, left + (one & 255), left + end - (row << 8));
    one = end < zero ? end : zero < AREA ? tile.indexOf(1, zero) : -1;
  }
}

type Span = readonly [left: number, right: number] | null;

/** Where a row cuts the way of a disc. */
function capsuleSpan(x0: number, y0: number, x1: number, y1: number, radius: number, y: number): Span {
  let left = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  const disc = (cx: number, cy: number): void => {
    const square = radius * radius - (y - cy) ** 2;
    if (square < 0) return;
    const half = Math.sqrt(square);
    left = Math.min(left, cx - half);
    right = Math.max(right, cx + half);
  };
  disc(x0, y0);
  disc(x1, y1);
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (length > 0) {
    // Between the discs it is a rectangle along the way: its four corners, and where the row cuts its sides.
    const [nx, ny] = [((y0 - y1) / length) * radius, ((x1 - x0) / length) * radius];
    const xs = [x0 + nx, x1 + nx, x1 - nx, x0 - nx];
    const ys = [y0 + ny, y1 + ny, y1 - ny, y0 - ny];
    for (let i = 0, j = 3; i < 4; j = i++) {
      const [ax, ay, bx, by] = [xs[j] as number, ys[j] as number, xs[i] as number, ys[i] as number];
      if (ay === by || (ay < y && by < y) || (ay > y && by > y)) continue;
      const x = ax + ((y - ay) * (bx - ax)) / (by - ay);
      left = Math.min(left, x);
      right = Math.max(right, x);
    }
  }
  return right >= left ? [left, right] : null;
}

/** Where a row cuts the way of an upright square. */
function squareSpan(x0: number, y0: number, x1: number, y1: number, half: number, y: number): Span {
  // The part of the way on which the square covers the row.
  let [from, to] = [0, 1];
  if (y0 === y1) {
    if (Math.abs(y - y0) > half) return null;
  } else {
    const a = (y - half - y0) / (y1 - y0);
    const b = (y + half - y0) / (y1 - y0);
    from = Math.max(0, Math.min(a, b));
    to = Math.min(1, Math.max(a, b));
    if (from > to) return null;
  }
  const [a, b] = [x0 + (x1 - x0) * from, x0 + (x1 - x0) * to];
  return [Math.min(a, b) - half, Math.max(a, b) + half];
}
