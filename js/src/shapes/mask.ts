/**
 * A bitmap: lengths of runs, row by row inside a box, beginning with zeros, then left, top, right, bottom (inclusive).
 *
 * It is drawn as paths along the edges of its pixels: exact at every zoom, and no bitmap that could outgrow a canvas.
 */
import type { Points } from "../document/records";
import type { ShapeKind } from "./kind";
import { sizeText } from "./kind";

interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Number of runs. */
  readonly runs: number;
}

function frameOf(points: Points): Frame {
  const [left, top, right, bottom] = points.slice(-4) as [number, number, number, number];
  return { left, top, width: right - left + 1, height: bottom - top + 1, runs: points.length - 4 };
}

/** Call `visit` with [start, end) columns of every stretch of ones, cut at the ends of rows, top to bottom, left to right. */
function forEachRun(points: Points, visit: (row: number, start: number, end: number) => void): void {
  const { width, height, runs } = frameOf(points);
  if (width <= 0) return;
  const size = width * height;
  let position = 0;
  for (let i = 0; i < runs && position < size; i++) {
    const end = Math.min(size, position + (points[i] as number));
    if (i % 2 === 1) {
      while (position < end) {
        const row = Math.floor(position / width);
        const stop = Math.min(end, (row + 1) * width);
        visit(row, position - row * width, stop - row * width);
        position = stop;
      }
    }
    position = end;
  }
}

/** Starts and ends of the runs of each row, joined where one run was cut in two. */
function rowsOf(points: Points): number[][] {
  const rows: number[][] = Array.from({ length: Math.max(0, frameOf(points).height) }, () => []);
  forEachRun(points, (row, start, end) => {
    const bounds = rows[row];
    if (!bounds) return;
    if (bounds.at(-1) === start) bounds[bounds.length - 1] = end;
    else bounds.push(start, end);
  });
  return rows;
}

export const mask: ShapeKind = {
  type: "mask",
  filled: true,
  dots: false,
  rotatable: false,
  minimumVertices: 0,

  bounds({ points }) {
    const { left, top, width, height } = frameOf(points);
    return { minX: left, minY: top, maxX: left + width, maxY: top + height };
  },

  /** The edges between ones and zeros, in any order: they are stroked, never filled. */
  trace({ points }, path) {
    const { left, top, height } = frameOf(points);
    const rows = rowsOf(points);
    /** Column of a vertical edge to the row where it began. */
    let open = new Map<number, number>();
    for (let row = 0; row <= height; row++) {
      const above = rows[row - 1] ?? [];
      const here = rows[row] ?? [];
      // Where exactly one of both rows has a one there is an edge between them: the symmetric difference of their runs.
      const bounds = [...above, ...here].sort((a, b) => a - b);
      for (let i = 0; i + 1 < bounds.length; i += 2) {
        const [start, end] = [bounds[i] as number, bounds[i + 1] as number];
        if (start === end) continue;
        path.moveTo(left + start, top + row);
        path.lineTo(left + end, top + row);
      }
      const still = new Map<number, number>();
      for (const column of here) still.set(column, open.get(column) ?? row);
      for (const [column, from] of open) {
        if (still.has(column)) continue;
        path.moveTo(left + column, top + from);
        path.lineTo(left + column, top + row);
      }
      open = still;
    }
  },

  /** One rectangle for every stack of equal runs. */
  traceFill({ points }, path) {
    const { left, top, height } = frameOf(points);
    const rows = rowsOf(points);
    /** "start,end" of a run to the row where its stack began. */
    let open = new Map<string, readonly [start: number, end: number, row: number]>();
    for (let row = 0; row <= height; row++) {
      const here = rows[row] ?? [];
      const still = new Map<string, readonly [number, number, number]>();
      for (let i = 0; i + 1 < here.length; i += 2) {
        const [start, end] = [here[i] as number, here[i + 1] as number];
        const key = `${start},${end}`;
        still.set(key, open.get(key) ?? [start, end, row]);
      }
      for (const [key, [start, end, from]] of open) {
        if (!still.has(key)) path.rect(left + start, top + from, end - start, row - from);
      }
      open = still;
    }
  },

  distance({ points }, x, y) {
    const { left, top, width, height, runs } = frameOf(points);
    const [column, row] = [Math.floor(x) - left, Math.floor(y) - top];
    if (column < 0 || row < 0 || column >= width || row >= height) return Number.POSITIVE_INFINITY;
    const wanted = row * width + column;
    let position = 0;
    for (let i = 0; i < runs; i++) {
      position += points[i] as number;
      if (wanted < position) return i % 2 === 1 ? 0 : Number.POSITIVE_INFINITY;
    }
    return Number.POSITIVE_INFINITY;
  },

  handles: () => [],

  drag: (figure) => figure,

  /** By whole pixels. */
  move(figure, dx, dy) {
    const { points } = figure;
    const [left, top, right, bottom] = points.slice(-4) as [number, number, number, number];
    const [x, y] = [Math.round(dx), Math.round(dy)];
    return { ...figure, points: [...points.slice(0, -4), left + x, top + y, right + x, bottom + y] };
  },

  measure({ points }) {
    const { width, height } = frameOf(points);
    return sizeText(width, height);
  },
};
