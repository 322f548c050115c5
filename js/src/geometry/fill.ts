/**
 * From shapes to pixels: a pixel belongs to a shape if its centre does. Polygons go by the non-zero rule, as a canvas fills them;
 * of what lies exactly on the border the left and the upper side belong to the shape.
 */
import type { Points } from "../document/records";
import { type Bitmap, EMPTY_BITMAP, push } from "./bitmap";

/** The first pixel whose centre is at or after x. */
function pixelAt(x: number): number {
  return Math.ceil(x - 0.5);
}

/** Closed rings filled together: a hole is a ring that runs the other way round. */
export function fillRings(rings: readonly Points[]): Bitmap {
  let top = Number.POSITIVE_INFINITY;
  let bottom = Number.NEGATIVE_INFINITY;
  for (const ring of rings) {
    for (let i = 1; i < ring.length; i += 2) {
      top = Math.min(top, ring[i] as number);
      bottom = Math.max(bottom, ring[i] as number);
    }
  }
  const first = pixelAt(top);
  const last = pixelAt(bottom);
  if (!(last > first)) return EMPTY_BITMAP;
  /** Of each row: x of every crossing, and whether the edge goes down there. */
  const crossings: { x: number; down: boolean }[][] = Array.from({ length: last - first }, () => []);
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      const [x0, y0] = [ring[j] as number, ring[j + 1] as number];
      const [x1, y1] = [ring[i] as number, ring[i + 1] as number];
      const down = y1 > y0;
      const to = pixelAt(Math.max(y0, y1));
      for (let row = pixelAt(Math.min(y0, y1)); row < to; row++) {
        const x = x0 + ((row + 0.5 - y0) * (x1 - x0)) / (y1 - y0);
        crossings[row - first]?.push({ x, down });
      }
    }
  }
  const rows = crossings.map((row) => {
    row.sort((a, b) => a.x - b.x);
    const runs: number[] = [];
    let winding = 0;
    row.forEach(({ x, down }, i) => {
      winding += down ? 1 : -1;
      const next = row[i + 1];
      if (winding !== 0 && next) push(runs, pixelAt(x), pixelAt(next.x));
    });
    return runs;
  });
  return { top: first, rows };
}

export function fillPolygon(points: Points): Bitmap {
  return fillRings([points]);
}

/** An ellipse turned by `rotation` degrees about its centre. */
export function fillEllipse(x: number, y: number, halfWidth: number, halfHeight: number, rotation: number): Bitmap {
  const radians = (rotation * Math.PI) / 180;
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)];
  const [p, q] = [1 / halfWidth ** 2, 1 / halfHeight ** 2];
  // The ellipse is a dx² + 2 b dx dy + c dy² <= 1.
  const a = cos * cos * p + sin * sin * q;
  const b = cos * sin * (p - q);
  const c = sin * sin * p + cos * cos * q;
  const reach = Math.hypot(halfWidth * sin, halfHeight * cos);
  const first = pixelAt(y - reach);
  const last = pixelAt(y + reach);
  if (!Number.isFinite(a + b + c) || last <= first) return EMPTY_BITMAP;
  const rows = Array.from({ length: last - first }, (_, i) => {
    const dy = first + i + 0.5 - y;
    const middle = x - (b * dy) / a;
    const half = Math.sqrt(Math.max(0, (b * dy) ** 2 - a * (c * dy * dy - 1))) / a;
    const runs: number[] = [];
    push(runs, pixelAt(middle - half), pixelAt(middle + half));
    return runs;
  });
  return { top: first, rows };
}
