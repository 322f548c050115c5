import { describe, expect, it } from "vitest";
import { JobDocument } from "../../src/document/document";
import { groupObjects } from "../../src/document/grouping";
import { mergeObjects, propagate, removeInRange, splitTrack } from "../../src/document/operations";
import type { AnnotationRecord, Edit, Keyframe, LabelSpec, ShapeRecord, TrackRecord } from "../../src/document/records";
import { Refusal } from "../../src/document/refusal";

const spec = { input_type: "text", values: [], default_value: "", mutable: false } as const;
const car: LabelSpec = {
  id: 1,
  name: "car",
  color: "#ff0000",
  type: "any",
  sublabels: [],
  svg: "",
  attributes: [
    { ...spec, id: 1, name: "plate" },
    { ...spec, id: 2, name: "speed", mutable: true },
  ],
};
const labelOf = (id: number): LabelSpec | undefined => (id === 1 ? car : undefined);

function shape(id: number, frame: number, x: number, more: Partial<ShapeRecord> = {}): ShapeRecord {
  return {
    kind: "shape",
    id,
    frame,
    label: 1,
    type: "rectangle",
    points: [x, 0, x + 10, 10],
    rotation: 0,
    occluded: false,
    outside: false,
    z_order: 0,
    group: 0,
    source: "manual",
    score: 1,
    attributes: { 1: "p", 2: "fast" },
    elements: [],
    ...more,
  };
}

const key = (x: number, outside = false, attributes = {}): Keyframe => ({
  points: [x, 0, x + 10, 10],
  rotation: 0,
  occluded: false,
  outside,
  z_order: 0,
  attributes,
});

function track(id: number, keyframes: Record<number, Keyframe>): TrackRecord {
  return {
    kind: "track",
    id,
    label: 1,
    type: "rectangle",
    group: 3,
    source: "file",
    score: 1,
    attributes: { 1: "p" },
    keyframes,
    elements: [],
  };
}

function documentOf(...records: AnnotationRecord[]): JobDocument {
  let seq = 0;
  const document = new JobDocument((label, changes) => ({ client: "a", seq: ++seq, base: 0, label, changes }));
  document.addIds(100, 200);
  document.apply("Load", { added: records });
  return document;
}

function added(result: Edit | Refusal): TrackRecord[] {
  if (result instanceof Refusal) throw new Error(result.reason);
  return (result.added ?? []) as TrackRecord[];
}

describe("merge", () => {
  it("makes one track of shapes, outside between them", () => {
    const document = documentOf(shape(1, 2, 0), shape(2, 6, 40));
    const result = mergeObjects(document, [1, 2], labelOf, 20);
    const [merged] = added(result);
    expect((result as Edit).removed).toEqual([1, 2]);
    expect(merged?.attributes).toEqual({ 1: "p" });
    expect(merged?.keyframes).toEqual({
      2: key(0, false, { 2: "fast" }),
      3: key(0, true),
      6: key(40),
      7: key(40, true),
    });
  });

  it("joins neighbours without a gap", () => {
    const [merged] = added(mergeObjects(documentOf(shape(1, 2, 0), shape(2, 3, 40)), [1, 2], labelOf, 3));
    expect(Object.keys(merged?.keyframes ?? {})).toEqual(["2", "3"]);
    expect(merged?.keyframes[3]?.outside).toBe(false);
  });

  it("continues a track with a shape", () => {
    const [merged] = added(
      mergeObjects(documentOf(track(1, { 0: key(0), 5: key(5, true) }), shape(2, 9, 40)), [1, 2], labelOf, 20),
    );
    expect(Object.entries(merged?.keyframes ?? {}).map(([frame, { outside }]) => [frame, outside])).toEqual([
      ["0", false],
      ["5", true],
      ["9", false],
      ["10", true],
    ]);
  });

  it("refuses what cannot be one object", () => {
    const refused = (...records: AnnotationRecord[]): string => {
      const result = mergeObjects(
        documentOf(...records),
        records.map(({ id }) => id),
        labelOf,
        20,
      );
      return result instanceof Refusal ? result.reason : "not refused";
    };
    expect(refused(shape(1, 2, 0))).toMatch(/at least two/);
    expect(refused(shape(1, 2, 0), shape(2, 2, 0))).toMatch(/frame 2 at once/);
    expect(refused(shape(1, 2, 0), shape(2, 3, 0, { type: "ellipse" }))).toMatch(
      /rectangle cannot be merged with a ellipse|ellipse cannot be merged with a rectangle/,
    );
    expect(refused(shape(1, 2, 0, { type: "mask" }), shape(2, 3, 0, { type: "mask" }))).toMatch(/Masks/);
    expect(refused(track(1, { 0: key(0), 3: key(3) }), shape(2, 3, 0))).toMatch(/frame 3 at once/);
  });
});

describe("split", () => {
  it("ends the first half where the second begins", () => {
    const document = documentOf(track(1, { 0: key(0, false, { 2: "slow" }), 10: key(100) }));
    const [before, after] = added(splitTrack(document, 1, 4));
    expect(before?.keyframes).toEqual({ 0: key(0, false, { 2: "slow" }), 4: { ...key(40), outside: true } });
    expect(after?.keyframes).toEqual({ 4: key(40, false, { 2: "slow" }), 10: key(100) });
    expect([before?.group, before?.source, after?.attributes]).toEqual([0, "manual", { 1: "p" }]);
  });

  it("is refused at the first keyframe", () => {
    expect(splitTrack(documentOf(track(1, { 3: key(0) })), 1, 3)).toBeInstanceOf(Refusal);
    expect(splitTrack(documentOf(shape(1, 3, 0)), 1, 4)).toBeInstanceOf(Refusal);
  });
});

describe("propagate", () => {
  it("copies a track as shapes, without its group", () => {
    const document = documentOf(track(1, { 0: key(0), 10: key(100) }));
    const copies = added(propagate(document, [1], 5, [5, 6, 7])) as unknown as ShapeRecord[];
    expect(copies.map(({ kind, frame, points, group }) => [kind, frame, points[0], group])).toEqual([
      ["shape", 6, 50, 0],
      ["shape", 7, 50, 0],
    ]);
    expect(propagate(document, [1], 5, [5])).toEqual({ added: [] });
    expect(propagate(document, [9], 5, [6])).toBeInstanceOf(Refusal);
  });
});

describe("remove in a range", () => {
  const records = [shape(1, 2, 0), shape(2, 8, 0), track(3, { 0: key(0), 4: key(4), 9: key(9) }), track(4, { 3: key(0) })];

  it("takes tracks that begin there", () => {
    expect(removeInRange(records, 2, 5, false)).toMatchObject({ removed: [1, 4] });
  });

  it("or only their keyframes", () => {
    const edit = removeInRange(records, 2, 5, true) as Edit;
    expect(edit.removed).toEqual([1, 4]);
    expect(edit.updated).toEqual({ 3: { "keyframes.4": [key(4), null] } });
  });
});

it("groups get a number of their own", () => {
  const document = documentOf(shape(1, 0, 0, { group: 4 }), shape(2, 0, 0), shape(3, 0, 0));
  expect(groupObjects(document, [2, 3], true)).toMatchObject({ updated: { 2: { group: [0, 5] }, 3: { group: [0, 5] } } });
  expect(groupObjects(document, [1, 2], false)).toMatchObject({ updated: { 1: { group: [4, 0] } } });
});
