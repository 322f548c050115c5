import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Keyframe, ShapeType } from "../../src/document/records";
import { interpolateTrack } from "../../src/geometry/interpolation";

interface Case {
  readonly name: string;
  readonly type: ShapeType;
  readonly keyframes: Record<number, Keyframe>;
  readonly expect: Record<string, Record<string, unknown> | null>;
}

const cases = JSON.parse(readFileSync("tests/golden/interpolation.json", "utf8")) as Case[];

describe("interpolation", () => {
  it.each(cases.map((each) => [each.name, each] as const))("%s", (_name, { type, keyframes, expect: expected }) => {
    for (const [frame, values] of Object.entries(expected)) {
      const state = interpolateTrack(type, keyframes, Number(frame));
      if (values === null) {
        expect(state, `frame ${frame}`).toBeNull();
        continue;
      }
      expect(state, `frame ${frame}`).not.toBeNull();
      for (const [name, value] of Object.entries(values)) {
        const found = (state as unknown as Record<string, unknown>)[name];
        if (name === "points") {
          const [mine, theirs] = [found as number[], value as number[]];
          expect(mine.length).toBe(theirs.length);
          mine.forEach((each, index) => {
            expect(each).toBeCloseTo(theirs[index] as number, 8);
          });
        } else expect(found, `${name} on frame ${frame}`).toEqual(value);
      }
    }
  });
});
