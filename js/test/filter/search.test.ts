import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AnnotationRecord, Keyframe } from "../../src/document/records";
import { stateOn } from "../../src/document/states";
import { type Matcher, matcherOf } from "../../src/filter/logic";
import { nearestMatch, type SearchRange } from "../../src/filter/search";
import { golden } from "./golden";

const { labels } = golden;
const FRAMES = 24;

const common = { label: 1, group: 0, source: "manual", score: 1, attributes: {} } as const;

const keyframe = fc
  .record({ width: fc.integer({ min: 1, max: 60 }), outside: fc.boolean(), speed: fc.constantFrom("5", "50") })
  .map(
    ({ width, outside, speed }): Keyframe => ({
      points: [0, 0, width, 10],
      rotation: 0,
      occluded: width % 2 === 0,
      outside,
      z_order: 0,
      attributes: { 2: speed },
    }),
  );
const track = fc
  .dictionary(fc.integer({ min: 0, max: FRAMES - 1 }).map(String), keyframe, { minKeys: 1, maxKeys: 4 })
  .map((keyframes) => ({ ...common, kind: "track", type: "rectangle", keyframes: { ...keyframes }, elements: [] }) as const);
const shape = fc.record({ frame: fc.integer({ min: 0, max: FRAMES - 1 }), width: fc.integer({ min: 1, max: 60 }) }).map(
  ({ frame, width }) =>
    ({
      ...common,
      kind: "shape",
      type: "rectangle",
      frame,
      points: [0, 0, width, 10],
      rotation: 0,
      occluded: false,
      outside: false,
      z_order: 0,
      elements: [],
    }) as const,
);
const records = fc
  .array(fc.oneof(track, shape), { maxLength: 6 })
  .map((list) => list.map((record, index): AnnotationRecord => ({ ...record, id: index + 1 })));

const filters = [
  { ">": [{ var: "width" }, 40] },
  { "<=": [20, { var: "width" }, 22] },
  { "==": [{ var: "occluded" }, true] },
  { ">": [{ var: "attr.car.speed" }, 10] },
  { "==": [{ var: "label" }, "person"] },
  { and: [{ "==": [{ var: "type" }, "track"] }, { "!": { and: [{ "<": [{ var: "width" }, 30] }] } }] },
];

const documentOf = (list: readonly AnnotationRecord[]) => ({ all: () => list.values() as IterableIterator<AnnotationRecord> });

function plainSearch(list: readonly AnnotationRecord[], { test }: Matcher, { from, direction, first, last }: SearchRange) {
  for (let frame = from + direction; frame >= first && frame <= last; frame += direction) {
    const hit = list.some((record) => {
      const state = stateOn(record, frame);
      return state !== null && !(state.kind === "track" && state.outside) && test(state);
    });
    if (hit) return frame;
  }
  return null;
}

describe("the nearest frame with a match", () => {
  it("is the one a search frame by frame finds", () => {
    const place = fc.record({
      from: fc.integer({ min: 3, max: 15 }),
      direction: fc.constantFrom(1 as const, -1 as const),
      first: fc.constantFrom(0, 3),
      last: fc.constantFrom(FRAMES - 1, 15),
    });
    fc.assert(
      fc.property(records, fc.constantFrom(...filters), place, (list, logic, range) => {
        const matcher = matcherOf(logic, labels);
        expect(nearestMatch(documentOf(list), matcher, range)).toBe(plainSearch(list, matcher, range));
      }),
      { numRuns: 600 },
    );
  });

  it("asks a long track a few times, not on every frame", () => {
    const key = (width: number): Keyframe => ({
      points: [0, 0, width, 10],
      rotation: 0,
      occluded: false,
      outside: false,
      z_order: 0,
      attributes: {},
    });
    const list = Array.from({ length: 100 }, (_, index): AnnotationRecord => {
      const keyframes = { 0: key(10), 5000: key(20), 9000: key(10) };
      return { ...common, id: index + 1, kind: "track", type: "rectangle", keyframes, elements: [] };
    });
    const counted = (logic: unknown): [number | null, number] => {
      const { test, possible, varying } = matcherOf(logic, labels);
      let asked = 0;
      const count =
        <T extends unknown[], R>(ask: (...states: T) => R) =>
        (...states: T): R => {
          asked += 1;
          return ask(...states);
        };
      const counting = { test: count(test), possible: count(possible), varying };
      const found = nearestMatch(documentOf(list), counting, { from: 0, direction: 1, first: 0, last: 9999 });
      return [found, asked];
    };
    const [none, constant] = counted({ "==": [{ var: "occluded" }, true] });
    expect(none).toBeNull();
    expect(constant).toBeLessThanOrEqual(600);
    const [other, pruned] = counted({ and: [{ ">": [{ var: "width" }, 500] }, { "==": [{ var: "label" }, "person"] }] });
    expect(other).toBeNull();
    expect(pruned).toBeLessThanOrEqual(600);
    const [narrow, ranged] = counted({ "!": { "<=": [{ var: "width" }, 200] } });
    expect(narrow).toBeNull();
    expect(ranged).toBeLessThanOrEqual(600);
    const [near, nearest] = counted({ ">": [{ var: "width" }, 10] });
    expect(near).toBe(1);
    expect(nearest).toBeLessThanOrEqual(600);
  });
});
