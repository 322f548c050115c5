import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutPart, lineWithPart, nearerPart, ringWithPart, smallerPart } from "../../src/geometry/replaced-part";

const square = [0, 0, 10, 0, 10, 10, 0, 10];
const area = (points: readonly number[]): number => {
  let twice = 0;
  for (let i = 0, j = points.length - 2; i < points.length; j = i, i += 2)
    twice += (points[j] as number) * (points[i + 1] as number) - (points[i] as number) * (points[j + 1] as number);
  return twice / 2;
};
/** From a rectangle's corner to the next one there are many points on a short way. */
const comb = [0, 0, 40, 0, 40, 10, 3, 10, 2, 10, 1, 10, 0, 10];

describe("a part of an outline drawn anew", () => {
  it("replaces the one or the other part of a polygon, which keeps direction and starting point", () => {
    // Bulging out to the right between the corners (10, 0) and (10, 10).
    expect(ringWithPart(square, 1, 2, [14, 3, 14, 7], 0)).toEqual([0, 0, 10, 0, 14, 3, 14, 7, 10, 10, 0, 10]);
    expect(ringWithPart(square, 2, 1, [14, 7, 14, 3], 1)).toEqual([0, 0, 10, 0, 14, 3, 14, 7, 10, 10, 0, 10]);
    // The rest goes instead.
    expect(ringWithPart(square, 1, 2, [14, 3, 14, 7], 1)).toEqual([10, 0, 10, 10, 14, 7, 14, 3]);
    // The part over the starting point is cut off: the outline begins where the cut ends.
    expect(ringWithPart(square, 3, 1, [5, 5], 0)).toEqual([10, 0, 10, 10, 0, 10, 5, 5]);
  });

  it("has two results that together are the polygon, whatever the path", () => {
    const ring = fc.integer({ min: 4, max: 12 }).chain((count) =>
      fc.record({
        radii: fc.array(fc.integer({ min: 20, max: 90 }), { minLength: count, maxLength: count }),
        from: fc.integer({ min: 0, max: count - 1 }),
        step: fc.integer({ min: 1, max: count - 1 }),
        path: fc.array(fc.integer({ min: -100, max: 100 }), { maxLength: 8 }).map((all) => all.slice(0, all.length & ~1)),
      }),
    );
    fc.assert(
      fc.property(ring, ({ radii, from, step, path }) => {
        const points = radii.flatMap((radius, i) => {
          const angle = (2 * Math.PI * i) / radii.length;
          return [radius * Math.cos(angle), radius * Math.sin(angle)];
        });
        const to = (from + step) % radii.length;
        const [first, second] = [ringWithPart(points, from, to, path, 0), ringWithPart(points, from, to, path, 1)];
        expect(area(first) + area(second)).toBeCloseTo(area(points), 6);
        expect(first.length + second.length).toBe(points.length + 4 + 2 * path.length);
        const parts = [cutPart(points, from, to, 0), cutPart(points, from, to, 1)] as const;
        expect(parts[0].length + parts[1].length).toBe(points.length + 4);
        // Drawn the other way round it is the same.
        const back = path.flatMap((_, i) => (i % 2 ? [] : path.slice(path.length - i - 2, path.length - i)));
        expect(ringWithPart(points, to, from, back, 1)).toEqual(first);
        const smaller = smallerPart(points, from, to);
        expect(smallerPart(points, to, from)).toBe(smaller === null ? null : 1 - smaller);
        if (smaller !== null) expect(parts[smaller].length).toBeLessThanOrEqual(parts[(1 - smaller) as 0 | 1].length);
      }),
    );
  });

  it("goes by itself only if it has fewer points and the shorter line", () => {
    expect(smallerPart(square, 1, 2)).toBe(0);
    expect(smallerPart(square, 2, 1)).toBe(1);
    // Halves: nothing speaks for either.
    expect(smallerPart(square, 0, 2)).toBeNull();
    // Equally many points, and one way is shorter.
    expect(smallerPart([0, 0, 10, 0, 11, 1, 0, 40], 1, 3)).toBe(0);
    // Fewer points on the longer way.
    expect(smallerPart(comb, 3, 0)).toBeNull();
    expect(smallerPart(comb, 0, 1)).toBe(0);
  });

  it("is at first the one that runs along the new path where somebody has to choose", () => {
    expect(nearerPart(square, 0, 2, [12, -2])).toBe(0);
    expect(nearerPart(square, 0, 2, [-2, 12])).toBe(1);
    expect(nearerPart(square, 1, 2, [])).toBe(0);
  });

  it("replaces what lies between on a line, in its direction", () => {
    expect(lineWithPart([0, 0, 5, 0, 10, 0], 0, 2, [5, 5])).toEqual([0, 0, 5, 5, 10, 0]);
    expect(lineWithPart([0, 0, 5, 0, 10, 0], 2, 0, [7, 5, 3, 5])).toEqual([0, 0, 3, 5, 7, 5, 10, 0]);
  });
});
