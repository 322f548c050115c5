import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { windowOf } from "../../src/panels/windowed";

const sum = (heights: readonly number[]): number => heights.reduce((total, height) => total + height, 0);

describe("the window of a list", () => {
  it("holds what is in view, and keeps the place of the rest", () => {
    expect(windowOf([10, 10, 30, 10, 10], 15, 45)).toEqual({ first: 1, last: 3, before: 10, after: 20 });
    expect(windowOf([], 0, 100)).toEqual({ first: 0, last: 0, before: 0, after: 0 });
  });

  it("never loses a pixel, and has every row that touches the view", () => {
    const heights = fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 60 });
    fc.assert(
      fc.property(heights, fc.integer({ min: -400, max: 4000 }), fc.integer({ min: 0, max: 900 }), (rows, top, height) => {
        const { first, last, before, after } = windowOf(rows, top, top + height);
        expect(before).toBe(sum(rows.slice(0, first)));
        expect(before + sum(rows.slice(first, last)) + after).toBe(sum(rows));
        let start = 0;
        for (const [row, tall] of rows.entries()) {
          if (start + tall > top && start < top + height) expect(row >= first && row < last).toBe(true);
          start += tall;
        }
      }),
    );
  });
});
