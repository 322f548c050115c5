import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  areaOfBitmap,
  type Bitmap,
  boxOfBitmap,
  decodeMask,
  EMPTY_BITMAP,
  encodeMask,
  hasPixel,
  intersect,
  partsOf,
  sameBitmap,
  splitBitmap,
  subtract,
  unite,
  uniteAll,
} from "../../src/geometry/bitmap";
import { type Brush, snapToBrush } from "../../src/geometry/brush";
import { fillEllipse, fillPolygon, fillRings } from "../../src/geometry/fill";
import { bridged, outlinesOf } from "../../src/geometry/outline";
import { TiledBitmap } from "../../src/geometry/tiles";

/** From a drawing: "#" is set. */
function drawn(text: string, left = 0, top = 0): Bitmap {
  const rows = text
    .trim()
    .split("\n")
    .map((line) => {
      const runs: number[] = [];
      [...line.trim()].forEach((sign, i) => {
        if (sign !== "#") return;
        if (runs.at(-1) === left + i) runs[runs.length - 1] = left + i + 1;
        else runs.push(left + i, left + i + 1);
      });
      return runs;
    });
  return { top, rows };
}

function shown(bitmap: Bitmap, width: number, height: number): string {
  return Array.from({ length: height }, (_, row) =>
    Array.from({ length: width }, (_, column) => (hasPixel(bitmap, column, row) ? "#" : ".")).join(""),
  ).join("\n");
}

const WIDTH = 12;
const HEIGHT = 9;
const pixels = fc.array(fc.boolean(), { minLength: WIDTH * HEIGHT, maxLength: WIDTH * HEIGHT });
const bitmaps = pixels.map((bits) =>
  drawn(
    Array.from({ length: HEIGHT }, (_, row) =>
      bits
        .slice(row * WIDTH, (row + 1) * WIDTH)
        .map((bit) => (bit ? "#" : "."))
        .join(""),
    ).join("\n"),
    5,
    3,
  ),
);

describe("CVAT's encoding", () => {
  // The values are those of cvat_sdk.masks and of cvat_widgets.model.masks.
  it.each([
    [".......\n...###.\n..##...\n.......", [1, 5, 2, 2, 1, 5, 2]],
    ["######\n######\n######\n######", [0, 24, 0, 0, 5, 3]],
    ["...#", [0, 1, 3, 0, 3, 0]],
    ["##..\n....\n..##", [0, 2, 8, 2, 0, 0, 3, 2]],
    [".##\n##.", [1, 4, 1, 0, 0, 2, 1]],
  ])("of %j", (text, points) => {
    expect(encodeMask(drawn(text))).toEqual(points);
    expect(sameBitmap(decodeMask(points), drawn(text))).toBe(true);
  });

  it("reads a box that is larger than what is set, and writes the smallest", () => {
    expect(encodeMask(decodeMask([5, 2, 9, 10, 20, 13, 23]))).toEqual([0, 2, 11, 21, 12, 21]);
  });

  it("has an empty mask, and survives damaged ones", () => {
    expect(encodeMask(EMPTY_BITMAP)).toEqual([1, 0, 0, 0, 0]);
    expect(boxOfBitmap(decodeMask([1, 0, 0, 0, 0]))).toBeNull();
    expect(boxOfBitmap(decodeMask([3, 4, 5]))).toBeNull();
    expect(areaOfBitmap(decodeMask([0, 99, 0, 0, 1, 1]))).toBe(4);
  });

  it("is the same both ways", () => {
    fc.assert(
      fc.property(bitmaps, (bitmap) => {
        const points = encodeMask(bitmap);
        expect(sameBitmap(decodeMask(points), bitmap)).toBe(true);
        const [left, top, right, bottom] = points.slice(-4) as [number, number, number, number];
        const sum = points.slice(0, -4).reduce((total, run) => total + run, 0);
        expect(sum).toBe((right - left + 1) * (bottom - top + 1));
        expect(points.slice(1, -4).every((run) => run > 0)).toBe(true);
      }),
    );
  });
});

describe("algebra", () => {
  it("is that of sets", () => {
    fc.assert(
      fc.property(bitmaps, bitmaps, (a, b) => {
        const [or, and, without] = [unite(a, b), intersect(a, b), subtract(a, b)];
        for (let y = 0; y < HEIGHT + 5; y++) {
          for (let x = 0; x < WIDTH + 8; x++) {
            const [inA, inB] = [hasPixel(a, x, y), hasPixel(b, x, y)];
            expect(hasPixel(or, x, y)).toBe(inA || inB);
            expect(hasPixel(and, x, y)).toBe(inA && inB);
            expect(hasPixel(without, x, y)).toBe(inA && !inB);
          }
        }
        expect(areaOfBitmap(or)).toBe(areaOfBitmap(a) + areaOfBitmap(b) - areaOfBitmap(and));
      }),
      { numRuns: 50 },
    );
  });
});

describe("filling", () => {
  it("takes pixels whose centres are inside", () => {
    expect(shown(fillPolygon([1, 1, 4, 1, 4, 3, 1, 3]), 6, 4)).toBe("......\n.###..\n.###..\n......");
    expect(shown(fillPolygon([0.6, 0, 3.4, 0, 3.4, 2, 0.6, 2]), 5, 2)).toBe(".##..\n.##..");
    expect(shown(fillPolygon([0, 0, 4, 0, 0, 4]), 4, 4)).toBe("###.\n##..\n#...\n....");
    expect(areaOfBitmap(fillPolygon([0.1, 0.1, 0.2, 0.1, 0.2, 0.2]))).toBe(0);
  });

  it("goes by the non-zero rule: the middle of a star is inside, a ring the other way round is not", () => {
    const star = Array.from({ length: 5 }, (_, i) => {
      const angle = (4 * Math.PI * i) / 5;
      return [50 + 40 * Math.sin(angle), 50 - 40 * Math.cos(angle)];
    }).flat();
    expect(hasPixel(fillPolygon(star), 50, 50)).toBe(true);
    const [outer, hole] = [
      [0, 0, 6, 0, 6, 6, 0, 6],
      [2, 2, 2, 4, 4, 4, 4, 2],
    ];
    expect(areaOfBitmap(fillRings([outer as number[], hole as number[]]))).toBe(32);
  });

  it("fills ellipses", () => {
    const ellipse = fillEllipse(20, 15, 10, 5, 30);
    for (let y = 0; y < 30; y++) {
      for (let x = 0; x < 40; x++) {
        const [dx, dy] = [x + 0.5 - 20, y + 0.5 - 15];
        const [c, s] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
        const inside = ((dx * c + dy * s) / 10) ** 2 + ((dy * c - dx * s) / 5) ** 2 <= 1;
        expect(hasPixel(ellipse, x, y), `${x}, ${y}`).toBe(inside);
      }
    }
  });
});

describe("outlines", () => {
  it("run along the edges of pixels, holes apart", () => {
    const [part, ...others] = outlinesOf(drawn("####\n#..#\n####", 2, 1));
    expect(others).toEqual([]);
    expect(part?.outline).toEqual([2, 1, 6, 1, 6, 4, 2, 4]);
    expect(part?.holes).toEqual([[5, 2, 3, 2, 3, 3, 5, 3]]);
  });

  it("keep pixels apart that touch only at a corner", () => {
    expect(outlinesOf(drawn("#.\n.#")).map(({ outline }) => outline)).toEqual([
      [0, 0, 1, 0, 1, 1, 0, 1],
      [1, 1, 2, 1, 2, 2, 1, 2],
    ]);
    // What is open at a corner is no hole.
    expect(outlinesOf(drawn("###\n#.#\n##.")).map(({ holes }) => holes.length)).toEqual([0]);
  });

  it("give the mask back exactly when filled, holes included", () => {
    fc.assert(
      fc.property(bitmaps, (bitmap) => {
        const parts = outlinesOf(bitmap);
        expect(parts.length).toBe(partsOf(bitmap).length);
        expect(sameBitmap(fillRings(parts.flatMap(({ outline, holes }) => [outline, ...holes])), bitmap)).toBe(true);
        expect(sameBitmap(uniteAll(parts.map((part) => fillPolygon(bridged(part)))), bitmap)).toBe(true);
        expect(sameBitmap(uniteAll(partsOf(bitmap)), bitmap)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("of a large mask with many holes are exact", () => {
    const bitmap = new TiledBitmap(600, 400);
    bitmap.stroke([300, 200], [300, 200], { form: "square", size: 390 }, 1);
    for (let i = 0; i < 60; i++) {
      const at: readonly [number, number] = [120 + (i % 10) * 38, 30 + Math.floor(i / 10) * 60];
      bitmap.stroke(at, at, { form: "circle", size: 20 }, 0);
    }
    const mask = bitmap.read();
    const parts = outlinesOf(mask);
    expect(parts.map((part) => part.holes.length)).toEqual([60]);
    expect(sameBitmap(fillPolygon(bridged(parts[0] as (typeof parts)[number])), mask)).toBe(true);
  });
});

describe("cutting", () => {
  const square = fillPolygon([10, 10, 30, 10, 30, 30, 10, 30]);

  it("gives two pieces that together are the mask", () => {
    const pieces = splitBitmap(square, [5, 18, 20, 15, 35, 18]);
    expect(pieces).not.toBeNull();
    const [one, other] = pieces as readonly [Bitmap, Bitmap];
    expect(sameBitmap(unite(one, other), square)).toBe(true);
    expect(areaOfBitmap(intersect(one, other))).toBe(0);
    expect(hasPixel(one, 20, 28)).toBe(true);
    expect(hasPixel(other, 20, 11)).toBe(true);
  });

  it("cuts at the very line, also through centres and corners of pixels", () => {
    expect(splitBitmap(square, [5, 20, 35, 20])?.map(areaOfBitmap)).toEqual([200, 200]);
    const halves = splitBitmap(square, [5.5, 5.5, 35.5, 35.5])?.map(areaOfBitmap) ?? [];
    expect(halves.reduce((sum, area) => sum + area, 0)).toBe(400);
    expect(Math.abs((halves[0] ?? 0) - (halves[1] ?? 0))).toBeLessThanOrEqual(20);
  });

  it("refuses lines that end inside, miss, or leave three pieces", () => {
    expect(splitBitmap(square, [5, 20, 20, 20])).toBeNull();
    expect(splitBitmap(square, [0, 0, 40, 5])).toBeNull();
    expect(splitBitmap(square, [5, 15, 35, 15, 35, 25, 5, 25])).toBeNull();
  });

  it("lets other parts go with the nearer piece", () => {
    const two = unite(square, fillPolygon([10, 40, 30, 40, 30, 50, 10, 50]));
    expect(splitBitmap(two, [5, 20, 35, 20])?.map(areaOfBitmap)).toEqual([400, 200]);
  });
});

describe("painting", () => {
  const brushes = fc.record({
    form: fc.constantFrom("circle" as const, "square" as const),
    size: fc.integer({ min: 1, max: 40 }),
  });
  const places = fc.tuple(fc.integer({ min: -30, max: 330 }), fc.integer({ min: -30, max: 330 }));

  it.each([
    ["circle", 1, "....\n.#..\n....\n...."],
    ["circle", 2, "##..\n##..\n....\n...."],
    ["circle", 3, "###.\n###.\n###.\n...."],
    ["square", 3, "###.\n###.\n###.\n...."],
  ] as const)("a %s of size %i covers whole pixels", (form, size, expected) => {
    const bitmap = new TiledBitmap(4, 4);
    const at = snapToBrush([1.2, 1.4], size);
    bitmap.stroke(at, at, { form, size }, 1);
    expect(shown(bitmap.read(), 4, 4)).toBe(expected);
  });

  it("covers exactly what a brush passes over, across tiles and borders", () => {
    fc.assert(
      fc.property(places, places, brushes, (from, to, brush: Brush) => {
        const size = 300;
        const bitmap = new TiledBitmap(size, size);
        const [[x0, y0], [x1, y1]] = [snapToBrush(from, brush.size), snapToBrush(to, brush.size)];
        bitmap.stroke([x0, y0], [x1, y1], brush, 1);
        const mask = bitmap.read();
        const half = brush.size / 2;
        const [dx, dy] = [x1 - x0, y1 - y0];
        for (let y = 0; y < size; y += 4) {
          for (let x = 0; x < size; x += 4) {
            const [px, py] = [x + 0.5 - x0, y + 0.5 - y0];
            let over: number;
            if (brush.form === "circle") {
              const t = Math.min(1, Math.max(0, (px * dx + py * dy) / (dx * dx + dy * dy || 1)));
              over = Math.hypot(px - t * dx, py - t * dy) - half;
            } else {
              // The least of a convex function of t, by thirds.
              const at = (t: number): number => Math.max(Math.abs(px - t * dx), Math.abs(py - t * dy));
              let [a, b] = [0, 1];
              for (let i = 0; i < 60; i++) {
                const [m, n] = [a + (b - a) / 3, b - (b - a) / 3];
                if (at(m) <= at(n)) b = n;
                else a = m;
              }
              over = Math.min(at((a + b) / 2), at(0), at(1)) - half;
            }
            if (Math.abs(over) < 1e-6) continue;
            if (hasPixel(mask, x, y) !== over < 0) expect.fail(`${x}, ${y}`);
          }
        }
        const [box, dirty] = [boxOfBitmap(mask), bitmap.takeDirty()];
        if (box) {
          expect(dirty).not.toBeNull();
          expect(dirty && dirty.left <= box.left && dirty.right >= box.right).toBe(true);
          expect(dirty && dirty.top <= box.top && dirty.bottom >= box.bottom).toBe(true);
        }
        expect(bitmap.takeDirty()).toBeNull();
      }),
      { numRuns: 40 },
    );
  });

  it("reads and writes bitmaps of any form", () => {
    fc.assert(
      fc.property(bitmaps, fc.integer({ min: 240, max: 256 }), (bitmap, shift) => {
        const moved = { top: bitmap.top + shift, rows: bitmap.rows.map((runs) => runs.map((x) => x + shift)) };
        const tiles = new TiledBitmap(1000, 700);
        tiles.write(moved, 1);
        expect(sameBitmap(tiles.read(), moved)).toBe(true);
        expect(tiles.isEmpty()).toBe(areaOfBitmap(moved) === 0);
        tiles.write(moved, 0);
        expect(tiles.isEmpty()).toBe(true);
      }),
    );
    const whole = new TiledBitmap(700, 300);
    whole.stroke([350, 150], [350, 150], { form: "square", size: 800 }, 1);
    expect(encodeMask(whole.read())).toEqual([0, 700 * 300, 0, 0, 699, 299]);
  });

  it("takes strokes back and does them again", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(places, places, brushes, fc.boolean()), { maxLength: 6 }), (strokes) => {
        const bitmap = new TiledBitmap(300, 300);
        const seen = [encodeMask(bitmap.read())];
        const changes = strokes.map(([from, to, brush, erase]) => {
          bitmap.begin();
          bitmap.stroke(snapToBrush(from, brush.size), snapToBrush(to, brush.size), brush, erase ? 0 : 1);
          seen.push(encodeMask(bitmap.read()));
          return bitmap.end();
        });
        const again: (ReturnType<TiledBitmap["restore"]> | null)[] = [];
        for (let i = strokes.length - 1; i >= 0; i--) {
          const change = changes[i];
          again.unshift(change ? bitmap.restore(change) : null);
          expect(encodeMask(bitmap.read())).toEqual(seen[i]);
        }
        again.forEach((change, i) => {
          if (change) bitmap.restore(change);
          expect(encodeMask(bitmap.read())).toEqual(seen[i + 1]);
        });
      }),
      { numRuns: 40 },
    );
  });
});
