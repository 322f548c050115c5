import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { distanceOfDetail, MOST_DETAIL, simplifiedLine, simplifiedRing } from "../../src/geometry/simplify";

const lines = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 60 })), { minLength: 2, maxLength: 60 })
  .map((points) => points.flat());

function pointsOf(line: readonly number[]): string[] {
  return Array.from({ length: line.length / 2 }, (_, i) => `${line[2 * i]},${line[2 * i + 1]}`);
}

function distanceToLine(x: number, y: number, line: readonly number[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i + 3 < line.length; i += 2) {
    const [ax, ay, bx, by] = line.slice(i, i + 4) as [number, number, number, number];
    const length = (bx - ax) ** 2 + (by - ay) ** 2;
    const part = length > 0 ? Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length)) : 0;
    least = Math.min(least, Math.hypot(ax + part * (bx - ax) - x, ay + part * (by - ay) - y));
  }
  return least;
}

describe("lines with fewer points", () => {
  it("leaves out what lies on the way", () => {
    expect(simplifiedLine([0, 0, 5, 0.2, 10, 0, 10, 10], 0.5)).toEqual([0, 0, 10, 0, 10, 10]);
    expect(simplifiedLine([0, 0, 5, 0.2, 10, 0, 10, 10], 0.1)).toEqual([0, 0, 5, 0.2, 10, 0, 10, 10]);
    expect(simplifiedLine([0, 0, 5, 0.2, 10, 0], 0)).toEqual([0, 0, 5, 0.2, 10, 0]);
  });

  it("keeps its ends, takes only points of the line, and leaves none farther away than allowed", () => {
    fc.assert(
      fc.property(lines, fc.double({ min: 0.1, max: 20, noNaN: true }), (line, distance) => {
        const few = simplifiedLine(line, distance);
        expect([...few.slice(0, 2), ...few.slice(-2)]).toEqual([...line.slice(0, 2), ...line.slice(-2)]);
        const known = new Set(pointsOf(line));
        expect(pointsOf(few).every((point) => known.has(point))).toBe(true);
        for (let i = 0; i < line.length; i += 2)
          expect(distanceToLine(line[i] as number, line[i + 1] as number, few)).toBeLessThanOrEqual(distance + 1e-9);
      }),
    );
  });

  it("goes round: a staircase becomes a slope, and an outline never falls to less than three points", () => {
    const stairs = [0, 0, 20, 0, 20, 20, 19, 20, 19, 19, 18, 19, 18, 18, 17, 18, 17, 17, 0, 17];
    expect(simplifiedRing(stairs, 1.5).length / 2).toBeLessThan(stairs.length / 2);
    fc.assert(
      fc.property(lines, fc.double({ min: 0.1, max: 200, noNaN: true }), (ring, distance) => {
        expect(simplifiedRing(ring, distance).length).toBeGreaterThanOrEqual(Math.min(6, ring.length));
      }),
    );
  });

  it("has a scale of detail from coarse to exact", () => {
    const distances = Array.from({ length: MOST_DETAIL + 1 }, (_, detail) => distanceOfDetail(detail));
    expect(distances.at(-1)).toBe(0);
    expect([...distances].sort((a, b) => b - a)).toEqual(distances);
    expect(distanceOfDetail(9)).toBeCloseTo(1.0976);
  });
});
