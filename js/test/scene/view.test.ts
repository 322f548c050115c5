import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gridStep } from "../../src/scene/grid";
import { adjustPixels, changesPicture, channelTable, equalization, histogramOf } from "../../src/scene/image-effects";
import type { Item } from "../../src/scene/items";
import { boxOfLabel, labelOf, planLabels } from "../../src/scene/labels";
import { lineWidthFor, type Style } from "../../src/scene/painter";
import { onScreen, type Turn, turnVector, unturnVector, uprightMatrix } from "../../src/scene/picture-turn";
import { PictureTurns } from "../../src/scene/picture-turns";
import { projectionsOf, throughPicture } from "../../src/scene/projections";
import { Viewport } from "../../src/scene/viewport";
import { NO_EFFECTS } from "../../src/view-settings";

const turns = fc.constantFrom<Turn>(0, 1, 2, 3);
const coordinate = fc.double({ min: -5000, max: 5000, noNaN: true });

function viewport(turn: Turn, scale = 1): Viewport {
  const made = new Viewport();
  made.resize(800, 600);
  made.setTurn(turn);
  made.fit(1000, 500);
  made.zoomAt(scale, 400, 300);
  return made;
}

describe("the viewport", () => {
  it("finds the way back from the screen, however it is turned", () => {
    fc.assert(
      fc.property(turns, coordinate, coordinate, fc.double({ min: 0.2, max: 5, noNaN: true }), (turn, x, y, scale) => {
        const [screenX, screenY] = viewport(turn, scale).toScreen(x, y);
        const [backX, backY] = viewport(turn, scale).toImage(screenX, screenY);
        expect(backX).toBeCloseTo(x, 6);
        expect(backY).toBeCloseTo(y, 6);
      }),
    );
  });

  it("turns clockwise: the top left corner goes to the top right, and so on", () => {
    const corners = ([0, 1, 2, 3] as const).map((turn) => viewport(turn).toScreen(0, 0).map(Math.round));
    // 784 x 392 fit upright, 292 x 584 lying on the side.
    expect(corners).toEqual([
      [8, 104],
      [546, 8],
      [792, 496],
      [254, 592],
    ]);
  });

  it("keeps the point under the cursor while zooming, and follows the hand while panning", () => {
    fc.assert(
      fc.property(turns, fc.integer({ min: 0, max: 800 }), fc.integer({ min: 0, max: 600 }), (turn, x, y) => {
        const view = viewport(turn);
        const before = view.toImage(x, y);
        view.zoomAt(1.7, x, y);
        const after = view.toImage(x, y);
        expect(after[0]).toBeCloseTo(before[0], 6);
        expect(after[1]).toBeCloseTo(before[1], 6);
        view.panBy(30, -20);
        const there = view.toImage(x + 30, y - 20);
        expect(there[0]).toBeCloseTo(before[0], 6);
        expect(there[1]).toBeCloseTo(before[1], 6);
      }),
    );
  });

  it("keeps its centre when it turns or gets another size", () => {
    const view = viewport(1, 2);
    const centre = view.toImage(400, 300);
    view.setTurn(2);
    expect(view.toImage(400, 300)[0]).toBeCloseTo(centre[0], 6);
    view.resize(500, 900);
    expect(view.toImage(250, 450)[0]).toBeCloseTo(centre[0], 6);
    expect(view.toImage(250, 450)[1]).toBeCloseTo(centre[1], 6);
  });

  it("sees exactly what is between its corners", () => {
    fc.assert(
      fc.property(turns, (turn) => {
        const view = viewport(turn);
        const [a, b] = [view.toImage(0, 0), view.toImage(800, 600)];
        const box = view.visible();
        expect(box.minX).toBeCloseTo(Math.min(a[0], b[0]), 6);
        expect(box.maxY).toBeCloseTo(Math.max(a[1], b[1]), 6);
      }),
    );
  });
});

describe("turns of pictures", () => {
  it("belong to a frame, or to all", () => {
    const pictures = new PictureTurns();
    pictures.turn(3, 1);
    expect([pictures.of(2), pictures.of(3)]).toEqual([0, 1]);
    pictures.turn(3, -2);
    expect(pictures.of(3)).toBe(3);
    pictures.turnAll(3, 1);
    expect([pictures.of(2), pictures.of(3)]).toEqual([0, 0]);
    pictures.turnAll(0, -1);
    expect([pictures.of(0), pictures.of(99)]).toEqual([3, 3]);
  });

  it("can be taken back", () => {
    fc.assert(
      fc.property(turns, fc.integer(), fc.integer(), (turn, x, y) => {
        expect(unturnVector(turnVector([x, y], turn), turn)).toEqual([x, y]);
      }),
    );
  });

  it("let text stand upright: what is put on the screen by the matrix is seen there", () => {
    fc.assert(
      fc.property(turns, fc.integer({ min: 0, max: 99 }), fc.integer({ min: 0, max: 99 }), (turn, x, y) => {
        const [a, b, c, d, e, f] = uprightMatrix(turn, 300, 200);
        expect(onScreen([a * x + c * y + e, b * x + d * y + f], 300, 200, turn)).toEqual([x, y]);
      }),
    );
  });
});

const STYLE: Style = {
  opacity: 0.1,
  outlines: true,
  outlineColor: "",
  texts: true,
  centerTexts: false,
  turn: 0,
  textSize: 10,
  pointRadius: 5,
  lineWidth: 1,
  pixelRatio: 1,
};

function item(id: number, box: Item["box"], text = "car 1"): Item {
  return { id, type: "rectangle", points: [], rotation: 0, edges: [], color: "#fff", dashed: false, text, box };
}

describe("texts", () => {
  const area = { x: 0, y: 0, scale: 1, width: 400, height: 300 };
  const box = { minX: 100, minY: 100, maxX: 200, maxY: 150 };

  it("stand above the corner that is at the top left of the screen", () => {
    const corners = ([0, 1, 2, 3] as const).map((turn) => {
      const { x, y } = labelOf(item(1, box), 1, { ...STYLE, turn });
      return [x, y];
    });
    expect(corners).toEqual([
      [100, 100],
      [100, 150],
      [200, 150],
      [200, 100],
    ]);
  });

  it("stay outside of their object, on the side that is up", () => {
    const plates = ([0, 1, 2, 3] as const).map((turn) => {
      const style = { ...STYLE, turn };
      return boxOfLabel(labelOf(item(1, box), 1, style), 1, style);
    });
    expect(plates[0]?.maxY).toBe(100);
    expect(plates[1]?.maxX).toBe(100);
    expect(plates[2]?.minY).toBe(150);
    expect(plates[3]?.minX).toBe(200);
  });

  it("go inside where they fit, if wished", () => {
    const style = { ...STYLE, centerTexts: true };
    const inside = boxOfLabel(labelOf(item(1, box), 1, style), 1, style);
    expect((inside.minX + inside.maxX) / 2).toBeCloseTo(150);
    expect((inside.minY + inside.maxY) / 2).toBeCloseTo(125);
    expect(labelOf(item(1, box), 0.1, style).dx).toBe(0);
  });

  it("give way to the object above, however the picture is turned", () => {
    for (const turn of [0, 1, 2, 3] as const) {
      const near = { minX: 103, minY: 101, maxX: 203, maxY: 151 };
      const far = { minX: 10, minY: 200, maxX: 60, maxY: 260 };
      const planned = planLabels([item(1, box), item(2, near), item(3, far)], area, { ...STYLE, turn });
      expect(planned.map(({ id }) => id)).toEqual([3, 2]);
    }
  });
});

describe("the grid", () => {
  it("has the distance that is asked for, or a multiple where lines would touch", () => {
    expect(gridStep(100, 1)).toBe(100);
    expect(gridStep(5, 0.1)).toBe(40);
    expect(gridStep(0, 4)).toBe(1);
  });
});

describe("effects on the picture", () => {
  const pixels = (...values: number[]) => Uint8ClampedArray.from(values);

  it("do nothing by default", () => {
    expect(changesPicture(NO_EFFECTS)).toBe(false);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (bytes) => {
        const data = Uint8ClampedArray.from(bytes);
        adjustPixels(data, NO_EFFECTS, null);
        expect([...data]).toEqual([...bytes]);
      }),
    );
  });

  it("are those of CSS filters", () => {
    const bright = pixels(100, 50, 200, 255);
    adjustPixels(bright, { ...NO_EFFECTS, brightness: 150 }, null);
    expect([...bright]).toEqual([150, 75, 255, 255]);
    const hard = pixels(100, 128, 200, 7);
    adjustPixels(hard, { ...NO_EFFECTS, contrast: 200 }, null);
    expect([...hard]).toEqual([72, 128, 255, 7]);
    const grey = pixels(255, 0, 0, 255);
    adjustPixels(grey, { ...NO_EFFECTS, saturation: 0 }, null);
    expect([...grey]).toEqual([54, 54, 54, 255]);
  });

  it("raise the middle by gamma and leave the ends", () => {
    const table = channelTable({ ...NO_EFFECTS, gamma: 2 });
    expect([table[0], table[64], table[255]]).toEqual([0, 128, 255]);
  });

  it("spread the brightness of a dull picture over the whole range, and keep its order", () => {
    const data = new Uint8ClampedArray(4 * 100);
    for (let i = 0; i < 100; i++) data.set([100 + (i % 50), 100 + (i % 50), 100 + (i % 50), 255], 4 * i);
    const table = equalization(histogramOf(data));
    adjustPixels(data, { ...NO_EFFECTS, equalize: true }, table);
    const values = [...data].filter((_, i) => i % 4 === 0);
    expect(Math.min(...values)).toBe(0);
    expect(Math.max(...values)).toBe(255);
    for (let i = 1; i < 50; i++) expect(values[i]).toBeGreaterThanOrEqual(values[i - 1] as number);
    expect(data[3]).toBe(255);
  });

  it("leave a picture of one colour alone", () => {
    const counts = histogramOf(pixels(9, 9, 9, 255, 9, 9, 9, 255));
    expect([...equalization(counts)]).toEqual(Array.from({ length: 256 }, (_, i) => i));
  });
});

describe("projections of cuboids", () => {
  it("run from border to border", () => {
    expect(throughPicture(10, 10, 20, 20, 100, 50)).toEqual([0, 0, 50, 50]);
    expect(throughPicture(10, 5, 20, 5, 100, 50)).toEqual([0, 5, 100, 5]);
    expect(throughPicture(10, -5, 20, -5, 100, 50)).toBeNull();
    expect(throughPicture(10, 5, 10, 5, 100, 50)).toBeNull();
  });

  it("are four, through the edges that run away", () => {
    const points = [10, 20, 10, 60, 40, 20, 40, 60, 50, 10, 50, 50, 20, 10, 20, 50];
    const lines = projectionsOf({ points }, 100, 100);
    expect(lines).toHaveLength(4);
    // From (10, 20) to (20, 10): x + y = 30.
    expect((lines[0] as readonly number[]).slice(0, 2).reduce((a, b) => a + b)).toBeCloseTo(30);
  });
});

describe("lines in a crowd", () => {
  it("are one pixel of the screen wide, and as usual where that would be too thin", () => {
    expect(lineWidthFor(100, 1)).toBe(1.25);
    expect(lineWidthFor(5000, 1)).toBeLessThanOrEqual(1);
    expect(lineWidthFor(5000, 1.5) * 1.5).toBeLessThanOrEqual(1);
    expect(lineWidthFor(5000, 2)).toBe(1.25);
  });
});
