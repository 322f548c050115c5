import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chosenAfter } from "../../src/linked/model";
import { inside, nearest, nextTowards, placesOf, pointsOf, scalesOf } from "../../src/linked/points";
import { scaleOf, shareOf, ticksOf } from "../../src/linked/scale";

const view = (values: Int32Array | Uint16Array | Float64Array): DataView => new DataView(values.buffer);
const three = pointsOf({
  id: view(Int32Array.of(5, 6, 7)),
  frame: view(Int32Array.of(0, 1, 2)),
  label: view(Uint16Array.of(0, 0, 1)),
  x: view(Float64Array.of(0, 10, 20)),
  y: view(Float64Array.of(0, 10, 0)),
  color: view(Uint16Array.of(0, 0, 1)),
});

describe("scales", () => {
  it("have round ticks", () => {
    expect(ticksOf({ low: 0, high: 10, logarithmic: false }, 5).map((tick) => tick.text)).toEqual([
      "0",
      "2",
      "4",
      "6",
      "8",
      "10",
    ]);
    expect(ticksOf({ low: 0, high: 0.5, logarithmic: false }, 5).map((tick) => tick.text)[1]).toBe("0.1");
    expect(ticksOf({ low: 8, high: 1200, logarithmic: true }, 6).map((tick) => tick.text)).toEqual([
      "10",
      "20",
      "50",
      "100",
      "200",
      "500",
      "1,000",
    ]);
    // Less than a decade: powers of ten would say nothing.
    expect(ticksOf({ low: 12, high: 17, logarithmic: true }, 5).map((tick) => tick.text)).toEqual([
      "12",
      "13",
      "14",
      "15",
      "16",
      "17",
    ]);
  });

  it("show every value, with ticks inside and in order", () => {
    const number = fc.double({ min: 1e-3, max: 1e6, noNaN: true });
    const close = fc
      .tuple(number, fc.integer({ min: 0, max: 14 }))
      .map(([value, digits]) => [value, value * (1 + 10 ** -digits)]);
    const values = fc.oneof(fc.array(number, { minLength: 1, maxLength: 30 }), close);
    fc.assert(
      fc.property(values, fc.boolean(), fc.integer({ min: 2, max: 12 }), (all, logarithmic, wanted) => {
        const scale = scaleOf(all, logarithmic);
        for (const value of all) {
          expect(shareOf(scale, value)).toBeGreaterThanOrEqual(0);
          expect(shareOf(scale, value)).toBeLessThanOrEqual(1);
        }
        const ticks = ticksOf(scale, wanted).map((tick) => tick.value);
        expect(ticks.length).toBeLessThan(80);
        expect([...ticks].sort((a, b) => a - b)).toEqual(ticks);
        for (const tick of ticks) expect(shareOf(scale, tick)).toBeLessThanOrEqual(1 + 1e-9);
      }),
    );
  });
});

describe("points", () => {
  const places = placesOf(three, scalesOf(three, { x: false, y: false }), 200, 100);

  it("are found by place", () => {
    expect(nearest(places, { x: (places[2] as number) + 3, y: places[3] as number }, 9)).toBe(1);
    expect(nearest(places, { x: 100, y: 60 }, 9)).toBeNull();
    expect(inside(places, { left: 0, top: 50, right: 200, bottom: 100 })).toEqual([0, 2]);
  });

  it("are reached by arrows", () => {
    expect(nextTowards(places, 0, { x: 1, y: 0 })).toBe(2);
    expect(nextTowards(places, 0, { x: 0, y: -1 })).toBe(0);
    expect(nextTowards(places, 2, { x: -1, y: 0 })).toBe(0);
  });

  it("are as many as the shortest column", () => {
    expect(pointsOf({ id: view(Int32Array.of(1)) }).count).toBe(0);
    expect(scalesOf(three, { x: false, y: false }, new Set([6, 7])).x.low).toBeCloseTo(9.6);
  });
});

it("adds to the choice, and takes away what was chosen", () => {
  expect(chosenAfter([1, 2], [3, 3], false)).toEqual([3]);
  expect(chosenAfter([1, 2], [2, 3], true)).toEqual([1, 2, 3]);
  expect(chosenAfter([1, 2, 3], [2, 3], true)).toEqual([1]);
});
