import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cornersOf, PIN_HEIGHT, PIN_WIDTH, placePins, regionOf, surroundings } from "../../src/review/places";
import type { Turn } from "../../src/scene/picture-turn";
import { Viewport } from "../../src/scene/viewport";

const SIZE = [800, 600] as const;
const same = (x: number, y: number) => [x, y] as const;

describe("positions", () => {
  it("are a point, a box or a ring", () => {
    expect(cornersOf([3, 4])).toEqual([[3, 4]]);
    expect(cornersOf([1, 2, 5, 9])).toEqual([
      [1, 2],
      [5, 2],
      [5, 9],
      [1, 9],
    ]);
    expect(cornersOf([0, 0, 4, 0, 2, 3])).toHaveLength(3);
    expect(cornersOf([1])).toEqual([]);
    expect(cornersOf([1, Number.NaN])).toEqual([]);
  });

  it("are shown with something around them, however small they are", () => {
    expect(surroundings([50, 40], [120, 60])).toEqual({ minX: 30, minY: 30, maxX: 70, maxY: 50 });
    expect(surroundings([0, 0, 120, 60], [120, 60])).toEqual({ minX: 0, minY: 0, maxX: 120, maxY: 60 });
    expect(surroundings([], [120, 60])).toBeNull();
  });

  it("of a dragged region end at the border of the picture", () => {
    expect(regionOf([50, 40], [-10, 10.126], [120, 60])).toEqual([0, 10.13, 50, 40]);
    expect(regionOf([-50, -40], [-10, -10], [120, 60])).toBeNull();
    expect(regionOf([10, 10], [10, 30], [120, 60])).toBeNull();
  });
});

describe("pins", () => {
  it("stand on the upper edge of what they belong to, and inside the view", () => {
    const pins = placePins(
      [
        { id: "box", position: [100, 200, 300, 400] },
        { id: "top", position: [500, 0, 520, 30] },
        { id: "corner", position: [799, 599] },
        { id: "gone", position: [900, 10] },
        { id: "none", position: [] },
      ],
      same,
      SIZE,
    );
    expect(pins.map(({ id, left, top }) => [id, left, top])).toEqual([
      ["box", 100, 200 - PIN_HEIGHT],
      ["top", 500, 0],
      ["corner", 800 - PIN_WIDTH, 599 - PIN_HEIGHT],
    ]);
  });

  it("at one place stand below one another", () => {
    const tops = placePins(
      [1, 2, 3].map((id) => ({ id, position: [200, 200] })),
      same,
      SIZE,
    ).map(({ top }) => top);
    expect(tops).toEqual([176, 202, 228]);
  });

  it("follow zoom, panning and turns of the view", () => {
    const turn = fc.constantFrom<Turn>(0, 1, 2, 3);
    fc.assert(
      fc.property(turn, fc.double({ min: 0.2, max: 4, noNaN: true }), fc.integer({ min: -90, max: 90 }), (turns, zoom, pan) => {
        const viewport = new Viewport();
        viewport.resize(800, 600);
        viewport.fit(640, 480);
        viewport.setTurn(turns);
        viewport.zoomAt(zoom, 400, 300);
        viewport.panBy(pan, -pan);
        const toScreen = (x: number, y: number) => viewport.toScreen(x, y);
        const [pin] = placePins([{ id: 1, position: [310, 230, 330, 250] }], toScreen, SIZE);
        const [x, y] = viewport.toScreen(320, 240);
        expect(pin).toBeDefined();
        const xs = pin?.corners.map((corner) => corner[0]) ?? [];
        const ys = pin?.corners.map((corner) => corner[1]) ?? [];
        expect((Math.min(...xs) + Math.max(...xs)) / 2).toBeCloseTo(x, 6);
        expect((Math.min(...ys) + Math.max(...ys)) / 2).toBeCloseTo(y, 6);
        expect(pin?.top).toBeCloseTo(Math.max(0, Math.min(...ys) - PIN_HEIGHT), 6);
      }),
    );
  });

  it("never cover one another", () => {
    const coordinate = fc.integer({ min: -50, max: 850 });
    fc.assert(
      fc.property(fc.array(fc.tuple(coordinate, coordinate), { maxLength: 30 }), (places) => {
        const pins = placePins(
          places.map((position, id) => ({ id, position })),
          same,
          SIZE,
        );
        for (const a of pins) {
          expect(a.left).toBeGreaterThanOrEqual(0);
          for (const b of pins) {
            if (a === b) continue;
            expect(Math.abs(a.left - b.left) >= PIN_WIDTH || Math.abs(a.top - b.top) >= PIN_HEIGHT).toBe(true);
          }
        }
      }),
    );
  });
});
