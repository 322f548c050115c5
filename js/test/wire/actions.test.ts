import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ActionSpec, defaultsOf, framesOf, limitsOf, type NumberParameter } from "../../src/wire/actions";

const frame: NumberParameter = {
  kind: "number",
  name: "target_frame",
  label: "To frame",
  low: 0,
  high: 1e9,
  step: 1,
  default: null,
  role: "frame",
};
const spec: ActionSpec = {
  name: "Try",
  description: "",
  kinds: ["shape"],
  per: "frame",
  parameters: [
    frame,
    { ...frame, name: "distance", role: "number", low: 0.1, high: 64, step: 0.1, default: 1 },
    { kind: "checkbox", name: "really", label: "Really", default: false },
    { kind: "select", name: "target", label: "To", choices: ["mask", "polygon"], default: "mask" },
  ],
};

describe("the parameters of an action", () => {
  it("begin with what the kernel says, a frame with the last one", () => {
    expect(defaultsOf(spec, 41)).toEqual({ target_frame: 41, distance: 1, really: false, target: "mask" });
    expect(limitsOf(frame, 7, 41)).toEqual([7, 41]);
    expect(limitsOf({ ...frame, role: "number", low: 1, high: 3 }, 7, 41)).toEqual([1, 3]);
  });
});

describe("the frames of an action", () => {
  it("are this one, all, or what was typed", () => {
    expect(framesOf({ which: "frame", from: 1, to: 9 }, 5, 0, 20)).toEqual([5, 5]);
    expect(framesOf({ which: "all", from: 1, to: 9 }, 5, 3, 20)).toEqual([3, 20]);
    expect(framesOf({ which: "range", from: 1, to: 9 }, 5, 0, 20)).toEqual([1, 9]);
    expect(framesOf({ which: "range", from: 9, to: 1 }, 5, 0, 20)).toEqual([1, 9]);
    expect(framesOf({ which: "range", from: Number.NaN, to: 99 }, 5, 2, 20)).toEqual([2, 20]);
  });

  it("are within the job and in order, whatever was typed", () => {
    const number = fc.oneof(fc.double(), fc.integer({ min: -50, max: 50 }));
    fc.assert(
      fc.property(number, number, fc.nat(20), fc.nat(20), (from, to, first, length) => {
        const [start, stop] = framesOf({ which: "range", from, to }, first, first, first + length);
        expect(Number.isInteger(start) && Number.isInteger(stop)).toBe(true);
        expect(first <= start && start <= stop && stop <= first + length).toBe(true);
      }),
    );
  });
});
