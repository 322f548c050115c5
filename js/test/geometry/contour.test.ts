import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  clippedToPicture,
  length,
  nearestPlace,
  pathBetween,
  reversed,
  startingAt,
  turnedRound,
} from "../../src/geometry/contour";

const square = [0, 0, 10, 0, 10, 10, 0, 10];
const area = (points: readonly number[]): number => {
  let twice = 0;
  for (let i = 0, j = points.length - 2; i < points.length; j = i, i += 2)
    twice += (points[j] as number) * (points[i + 1] as number) - (points[i] as number) * (points[j + 1] as number);
  return twice / 2;
};

describe("places on a contour", () => {
  it("are on the nearest edge", () => {
    expect(nearestPlace(square, true, [4, -1])).toEqual({ index: 0, share: 0.4, at: [4, 0], distance: 1 });
    expect(nearestPlace(square, true, [-1, 4])?.index).toBe(3);
    expect(nearestPlace(square, false, [-1, 4])?.at).toEqual([0, 0]);
  });

  it("are vertices where these pull", () => {
    expect(nearestPlace(square, true, [9, 0.5])?.at).toEqual([9, 0]);
    expect(nearestPlace(square, true, [9, 0.5], 2)?.at).toEqual([10, 0]);
  });

  it("are joined by the shorter way", () => {
    const from = nearestPlace(square, true, [5, 0]);
    const to = nearestPlace(square, true, [10, 5]);
    if (!from || !to) throw new Error("no place");
    expect(pathBetween(square, true, from, to)).toEqual([10, 0]);
    expect(pathBetween(square, true, to, from)).toEqual([10, 0]);
    const left = nearestPlace(square, true, [0, 2]);
    if (!left) throw new Error("no place");
    expect(pathBetween(square, true, left, to)).toEqual([0, 0, 10, 0]);
    expect(pathBetween(square, true, from, from)).toEqual([]);
  });

  it("have a shorter way that is never longer than half the contour", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 40, noNaN: true }), fc.double({ min: 0, max: 40, noNaN: true }), (a, b) => {
        const at = (s: number): readonly [number, number] => {
          if (s < 10) return [s, 0];
          if (s < 20) return [10, s - 10];
          return s < 30 ? [30 - s, 10] : [0, 40 - s];
        };
        const from = nearestPlace(square, true, at(a));
        const to = nearestPlace(square, true, at(b));
        if (!from || !to) return false;
        const way = length([...from.at, ...pathBetween(square, true, from, to), ...to.at]);
        return Math.abs(way - Math.min(Math.abs(a - b), 40 - Math.abs(a - b))) < 1e-6;
      }),
    );
  });
});

describe("outlines", () => {
  it("begin elsewhere and turn round without losing a vertex", () => {
    expect(startingAt(square, 2)).toEqual([10, 10, 0, 10, 0, 0, 10, 0]);
    expect(turnedRound(square)).toEqual([0, 0, 0, 10, 10, 10, 10, 0]);
    expect(reversed(reversed(square))).toEqual(square);
    expect(area(turnedRound(square))).toBe(-area(square));
  });

  it("are cut off at the border of the picture", () => {
    expect(clippedToPicture([-5, 2, 5, 2, 5, 8, -5, 8], [10, 10])).toEqual([0, 2, 5, 2, 5, 8, 0, 8]);
    expect(clippedToPicture(square, [10, 10])).toEqual(square);
    expect(clippedToPicture([20, 20, 30, 20, 30, 30], [10, 10])).toEqual([]);
  });

  it("keep inside what is inside", () => {
    const coordinate = fc.integer({ min: -20, max: 40 });
    fc.assert(
      fc.property(fc.array(coordinate, { minLength: 6, maxLength: 12 }), (numbers) => {
        const points = numbers.length % 2 ? numbers.slice(1) : numbers;
        const clipped = clippedToPicture(points, [20, 15]);
        for (let i = 0; i < clipped.length; i += 2) {
          const [x, y] = [clipped[i] as number, clipped[i + 1] as number];
          if (x < -1e-9 || x > 20 + 1e-9 || y < -1e-9 || y > 15 + 1e-9) return false;
        }
        return true;
      }),
    );
  });
});
