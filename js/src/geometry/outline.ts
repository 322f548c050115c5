/**
 * From pixels to polygons along the edges of the pixels: filling the result gives exactly the pixels again. The corners of the
 * polygons are whole numbers, and only those where the outline turns.
 */
import type { Bitmap } from "./bitmap";
import { rowOf } from "./bitmap";

export type Ring = readonly number[];

/** A 4-connected part: its outline, clockwise on screen, and its holes, counter-clockwise. */
export interface Part {
  readonly outline: Ring;
  readonly holes: readonly Ring[];
}

/** Runs with the number of the 4-connected part that each belongs to. */
export interface Labelled {
  /** As the rows of the bitmap, one number a run. */
  readonly labels: readonly (readonly number[])[];
  readonly count: number;
}

/** Number the 4-connected parts from the top left on. */
export function labelParts({ rows }: Bitmap): Labelled {
  const parents: number[] = [];
  const find = (label: number): number => {
    let root = label;
    while (parents[root] !== root) root = parents[root] as number;
    for (let at = label; at !== root; ) {
      const next = parents[at] as number;
      parents[at] = root;
      at = next;
    }
    return root;
  };
  const first: number[][] = [];
  let above: readonly number[] = [];
  let labelsAbove: readonly number[] = [];
  for (const runs of rows) {
    const labels: number[] = [];
    let k = 0;
    for (let i = 0; i + 1 < runs.length; i += 2) {
      const [start, end] = [runs[i] as number, runs[i + 1] as number];
      let label = -1;
      while (k < above.length && (above[k + 1] as number) <= start) k += 2;
      for (let j = k; j < above.length && (above[j] as number) < end; j += 2) {
        const other = find(labelsAbove[j / 2] as number);
        if (label < 0) label = other;
        else if (other !== label) {
          const least = Math.min(label, other);
          parents[Math.max(label, other)] = least;
          label = least;
        }
      }
      if (label < 0) {
        label = parents.length;
        parents.push(label);
      }
      labels.push(label);
    }
    first.push(labels);
    above = runs;
    labelsAbove = labels;
  }
  const numbers = new Map<number, number>();
  const labels = first.map((row) =>
    row.map((label) => {
      const root = find(label);
      const number = numbers.get(root) ?? numbers.size;
      numbers.set(root, number);
      return number;
    }),
  );
  return { labels, count: numbers.size };
}

/** The 4-connected parts as bitmaps of their own. */
export function partsOf(bitmap: Bitmap): Bitmap[] {
  const { labels, count } = labelParts(bitmap);
  const parts: { top: number; rows: number[][] }[] = Array.from({ length: count }, () => ({ top: -1, rows: [] }));
  bitmap.rows.forEach((runs, row) => {
    labels[row]?.forEach((label, i) => {
      const part = parts[label];
      if (!part) return;
      if (part.rows.length === 0) part.top = bitmap.top + row;
      while (part.rows.length <= bitmap.top + row - part.top) part.rows.push([]);
      part.rows.at(-1)?.push(runs[2 * i] as number, runs[2 * i + 1] as number);
    });
  });
  return parts;
}

/** A directed edge along a row or a column of corners, with the mask on its right hand. */
interface Edge {
  readonly x: number;
  readonly y: number;
  readonly toX: number;
  readonly toY: number;
  used: boolean;
}

class Edges {
  private readonly starts = new Map<number, Edge[]>();
  readonly across: Edge[] = [];

  constructor(private readonly stride: number) {}

  add(x: number, y: number, toX: number, toY: number): void {
    const edge = { x, y, toX, toY, used: false };
    const key = y * this.stride + x;
    const others = this.starts.get(key);
    if (others) others.push(edge);
    else this.starts.set(key, [edge]);
    if (y === toY) this.across.push(edge);
  }

  /** The edge that follows. Where two pixels touch only at a corner it is the one to the right: that keeps parts 4-connected. */
  after(edge: Edge): Edge {
    const [dx, dy] = [Math.sign(edge.toX - edge.x), Math.sign(edge.toY - edge.y)];
    let best: Edge | null = null;
    let most = Number.NEGATIVE_INFINITY;
    for (const next of this.starts.get(edge.toY * this.stride + edge.toX) ?? []) {
      const turn = dx * Math.sign(next.toY - next.y) - dy * Math.sign(next.toX - next.x);
      if (turn > most) {
        most = turn;
        best = next;
      }
    }
    if (!best) throw new Error("An outline of a mask is not closed.");
    return best;
  }
}

function edgesOf(bitmap: Bitmap): Edges {
  const { top, rows } = bitmap;
  const edges = new Edges(rows.reduce((most, runs) => Math.max(most, runs.at(-1) ?? 0), 0) + 2);
  /** Columns of the sides of runs to the row where they began: left sides go up, right sides go down. */
  let lefts = new Map<number, number>();
  let rights = new Map<number, number>();
  for (let row = top; row <= top + rows.length; row++) {
    const above = rowOf(bitmap, row - 1);
    const here = rowOf(bitmap, row);
    // Where exactly one of both rows is set there is an edge between them.
    let [i, j] = [0, 0];
    let from = 0;
    let side = 0;
    while (i < above.length || j < here.length) {
      const x = Math.min(above[i] ?? Number.POSITIVE_INFINITY, here[j] ?? Number.POSITIVE_INFINITY);
      if (side > 0) edges.add(from, row, x, row);
      else if (side < 0) edges.add(x, row, from, row);
      if (above[i] === x) i++;
      if (here[j] === x) j++;
      side = (j % 2) - (i % 2);
      from = x;
    }
    const [nextLefts, nextRights] = [new Map<number, number>(), new Map<number, number>()];
    for (let k = 0; k + 1 < here.length; k += 2) {
      nextLefts.set(here[k] as number, lefts.get(here[k] as number) ?? row);
      nextRights.set(here[k + 1] as number, rights.get(here[k + 1] as number) ?? row);
    }
    for (const [x, began] of lefts) if (!nextLefts.has(x)) edges.add(x, row, x, began);
    for (const [x, began] of rights) if (!nextRights.has(x)) edges.add(x, began, x, row);
    [lefts, rights] = [nextLefts, nextRights];
  }
  return edges;
}

/** The parts of a mask from the top left on, each with its holes. */
export function outlinesOf(bitmap: Bitmap): Part[] {
  const { labels, count } = labelParts(bitmap);
  const parts = Array.from({ length: count }, () => ({ outline: [] as Ring, holes: [] as Ring[] }));
  const edges = edgesOf(bitmap);
  for (const start of edges.across) {
    if (start.used) continue;
    // Rows are visited from the top: a ring begins with its uppermost edge. Below an outline's is the mask, above a hole's.
    const isOutline = start.toX > start.x;
    const row = (isOutline ? start.y : start.y - 1) - bitmap.top;
    const runs = bitmap.rows[row] ?? [];
    const column = Math.min(start.x, start.toX);
    let index = 0;
    while ((runs[2 * index + 1] ?? Number.POSITIVE_INFINITY) <= column) index++;
    const part = parts[labels[row]?.[index] ?? -1];
    const ring: number[] = [];
    let edge = start;
    do {
      edge.used = true;
      ring.push(edge.x, edge.y);
      edge = edges.after(edge);
    } while (edge !== start);
    if (!part) continue;
    if (isOutline) part.outline = ring;
    else part.holes.push(ring);
  }
  return parts;
}

/**
 * One ring for a part and its holes: from the top of each hole a bridge without width leads straight up to what is above it. It
 * is walked both ways and so changes nothing of what is filled, by either rule.
 */
export function bridged({ outline, holes }: Part): number[] {
  let ring = [...outline];
  // Rings of holes begin with their uppermost edge, and that has only the outline or higher holes above it.
  for (const hole of [...holes].sort((a, b) => (a[1] as number) - (b[1] as number))) {
    const [x, y] = [hole[0] as number, hole[1] as number];
    let best = -1;
    let height = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < ring.length; i += 2) {
      const next = (i + 2) % ring.length;
      const at = ring[i + 1] as number;
      if (at !== ring[next + 1] || at > y || at <= height) continue;
      const [a, b] = [ring[i] as number, ring[next] as number];
      if (x < Math.min(a, b) || x > Math.max(a, b)) continue;
      best = i;
      height = at;
    }
    if (best < 0) throw new Error("A hole of a mask lies outside it.");
    ring = [...ring.slice(0, best + 2), x, height, ...hole, x, y, x, height, ...ring.slice(best + 2)];
  }
  return withoutRepeats(ring);
}

function withoutRepeats(ring: readonly number[]): number[] {
  const result: number[] = [];
  for (let i = 0; i < ring.length; i += 2) {
    if (ring[i] === result.at(-2) && ring[i + 1] === result.at(-1)) continue;
    result.push(ring[i] as number, ring[i + 1] as number);
  }
  return result;
}
