import { describe, expect, it } from "vitest";
import type { AnnotationRecord, Keyframe, ShapeRecord, TrackRecord } from "../../src/document/records";
import { countObjects, manualOf, sumOf, totalOf } from "../../src/document/statistics";

const common = { label: 1, group: 0, source: "manual", score: 1, attributes: {} } as const;

function keyframe(outside = false): Keyframe {
  return { points: [0, 0, 5, 5], rotation: 0, occluded: false, outside, z_order: 0, attributes: {} };
}

function shape(id: number, frame: number, label = 1): ShapeRecord {
  const pose = { points: [0, 0, 5, 5], rotation: 0, occluded: false, outside: false, z_order: 0, elements: [] };
  return { ...common, ...pose, id, kind: "shape", frame, label, type: "polygon" };
}

function track(id: number, keyframes: TrackRecord["keyframes"]): TrackRecord {
  return { ...common, id, kind: "track", type: "rectangle", keyframes, elements: [] };
}

function count(records: AnnotationRecord[], deleted: readonly number[] = []) {
  const steps = countObjects(records, { first: 0, last: 9, deleted: new Set(deleted) });
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

describe("statistics", () => {
  it("count shapes, tags, tracks, keyframes and what lies between", () => {
    const { byLabel, records } = count([
      shape(1, 0),
      shape(2, 3, 2),
      { ...common, id: 3, kind: "tag", frame: 4 },
      // Visible on 2–5 and, after a gap, on 8 and 9.
      track(4, { 2: keyframe(), 4: keyframe(), 6: keyframe(true), 8: keyframe() }),
    ]);
    expect(records).toBe(4);
    expect(byLabel.get(1)?.get("polygon")).toEqual({ shapes: 1, tracks: 0, keyframes: 0, interpolated: 0 });
    expect(byLabel.get(2)?.get("polygon")?.shapes).toBe(1);
    expect(byLabel.get(1)?.get("tag")?.shapes).toBe(1);
    expect(byLabel.get(1)?.get("rectangle")).toEqual({ shapes: 0, tracks: 1, keyframes: 3, interpolated: 3 });
    const all = sumOf([...(byLabel.get(1)?.values() ?? [])]);
    expect([manualOf(all), totalOf(all)]).toEqual([5, 8]);
  });

  it("leave out frames that are not the job's or were deleted", () => {
    const { byLabel } = count([shape(1, 5), track(2, { "-3": keyframe(), 4: keyframe() })], [5, 6]);
    expect(byLabel.get(1)?.get("polygon")?.shapes).toBe(0);
    // Ten frames less two, one of them a keyframe.
    expect(byLabel.get(1)?.get("rectangle")).toEqual({ shapes: 0, tracks: 1, keyframes: 1, interpolated: 7 });
  });
});
