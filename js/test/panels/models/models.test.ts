import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LabelSpec } from "../../../src/document/records";
import { readRanges } from "../../../src/panels/models/frame-ranges";
import { defaultRules, fits, mapsAnything } from "../../../src/panels/models/mapping";
import { countAt, passing, percentOf, totalAt } from "../../../src/panels/models/threshold";
import type { ModelLabel } from "../../../src/wire/models";

function task(name: string, type: LabelSpec["type"] = "any", attributes: readonly string[] = []): LabelSpec {
  const specs = attributes.map((each, id) => ({
    id,
    name: each,
    input_type: "text" as const,
    values: [],
    default_value: "",
    mutable: false,
  }));
  return { id: 1, name, color: "#ff0000", type, attributes: specs, sublabels: [], svg: "" };
}

function model(name: string, type: ModelLabel["type"] = "any", attributes: readonly string[] = []): ModelLabel {
  return { name, type, attributes: attributes.map((each) => ({ name: each })) };
}

describe("what labels become", () => {
  it("goes by equal names, whatever their case and whatever joins their words", () => {
    const rules = defaultRules([model("Car"), model("traffic light"), model("dog")], [task("car"), task("Traffic_Light")]);
    expect(rules).toEqual({
      Car: { name: "car", attributes: {} },
      "traffic light": { name: "Traffic_Light", attributes: {} },
      dog: null,
    });
  });

  it("prefers the very name to one that only looks like it", () => {
    expect(defaultRules([model("car")], [task("Car"), task("car")]).car?.name).toBe("car");
  });

  it("takes attributes of equal names along and leaves others out", () => {
    const rules = defaultRules([model("car", "any", ["Color", "age"])], [task("car", "any", ["color", "make"])]);
    expect(rules.car?.attributes).toEqual({ Color: "color" });
  });

  it("does not map types that do not go together", () => {
    const rules = defaultRules([model("car", "mask"), model("pose", "skeleton")], [task("car", "rectangle"), task("pose")]);
    expect(rules).toEqual({ car: null, pose: null });
    expect(mapsAnything(rules)).toBe(false);
    expect(fits("mask", "polygon")).toBe(true);
    expect(fits("skeleton", "skeleton")).toBe(true);
    expect(fits("any", "mask")).toBe(true);
  });

  it("takes a model without labels by the names of the task", () => {
    expect(defaultRules([], [task("car"), task("dog")])).toEqual({
      car: { name: "car", attributes: {} },
      dog: { name: "dog", attributes: {} },
    });
  });
});

describe("the threshold of a result that waits", () => {
  it("lets every score of whole percent pass the same number", () => {
    for (let percent = 0; percent <= 100; percent++) expect(percentOf(percent / 100)).toBe(percent);
  });

  it("counts by bins what it lets pass one by one", () => {
    const objects = fc.array(
      fc.record({ score: fc.double({ min: 0, max: 1, noNaN: true }), label: fc.integer({ min: 1, max: 3 }) }),
    );
    fc.assert(
      fc.property(
        objects,
        fc.integer({ min: 0, max: 100 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 3 })),
        (found, at, left) => {
          const scores: Record<number, number[]> = {};
          for (const { score, label } of found) {
            scores[label] ??= new Array<number>(101).fill(0);
            const bins = scores[label] as number[];
            bins[percentOf(score)] = (bins[percentOf(score)] ?? 0) + 1;
          }
          const without = new Set(left);
          expect(totalAt(scores, at, without)).toBe(passing(found, at, without).length);
        },
      ),
    );
  });

  it("counts what is at the threshold itself", () => {
    const bins = new Array<number>(101).fill(0);
    bins[30] = 2;
    bins[90] = 5;
    expect([countAt(bins, 30), countAt(bins, 31), countAt(bins, 90), countAt(bins, 91)]).toEqual([7, 5, 5, 0]);
  });
});

describe("frames as people write them", () => {
  it("reads numbers and ranges", () => {
    expect(readRanges("3, 10-20;25 – 30", 0, 40)).toEqual([
      [3, 3],
      [10, 20],
      [25, 30],
    ]);
  });

  it("says what is wrong", () => {
    expect(readRanges("  ", 0, 9)).toMatch(/Write which frames/);
    expect(readRanges("1, x", 0, 9)).toMatch(/"x" is neither/);
    expect(readRanges("5-2", 0, 9)).toMatch(/ends before it begins/);
    expect(readRanges("5-12", 2, 9)).toMatch(/frames 2 to 9/);
    expect(readRanges("1", 2, 9)).toMatch(/frames 2 to 9/);
  });

  it("gives back every range it was given", () => {
    const range = fc.tuple(fc.nat(99), fc.nat(99)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    fc.assert(
      fc.property(fc.array(range, { minLength: 1 }), (ranges) => {
        expect(readRanges(ranges.map(([a, b]) => `${a}-${b}`).join(", "), 0, 99)).toEqual(ranges);
      }),
    );
  });
});
