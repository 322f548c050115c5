import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyEdit, invertEdit } from "../../src/document/changes";
import { moveKeyframe } from "../../src/document/keyframes";
import type { AnnotationRecord, Edit, Keyframe, TrackRecord } from "../../src/document/records";
import { Refusal } from "../../src/document/refusal";
import { trackStateAt } from "../../src/geometry/interpolation";
import { targets } from "../../src/panels/PropagateDialog";
import { apart, spansOf, ticksOf } from "../../src/panels/timeline/marks";
import { following, frameAt, leftOf, panned, ticks, wholeRange, zoomed } from "../../src/panels/timeline/range";

const pose = (outside = false, attributes: Keyframe["attributes"] = {}): Keyframe => ({
  points: [0, 0, 10, 10],
  rotation: 0,
  occluded: false,
  outside,
  z_order: 0,
  attributes,
});

const track = (keyframes: TrackRecord["keyframes"], elements: TrackRecord["elements"] = []): TrackRecord => ({
  kind: "track",
  id: 1,
  label: 1,
  type: "rectangle",
  group: 0,
  source: "manual",
  score: 1,
  attributes: {},
  keyframes,
  elements,
});

describe("the range of the timeline", () => {
  const whole = wholeRange(0, 99);
  const range = fc
    .tuple(fc.double({ min: 0, max: 90, noNaN: true }), fc.double({ min: 8, max: 100, noNaN: true }))
    .map(([from, span]) => panned({ from, to: from + span }, whole, 0));

  it("keeps the frame under the cursor where it is, and stays in the job", () => {
    fc.assert(
      fc.property(
        range,
        fc.double({ min: 0.2, max: 5, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (at, by, share) => {
          const about = at.from + share * (at.to - at.from);
          const next = zoomed(at, whole, by, about);
          expect(next.from).toBeGreaterThanOrEqual(0);
          expect(next.to).toBeLessThanOrEqual(100 + 1e-9);
          if (next.from > 1e-9 && next.to < 100 - 1e-9) expect(leftOf(about, next, 1)).toBeCloseTo(share, 6);
        },
      ),
    );
  });

  it("is panned to the ends and no further, its length unchanged", () => {
    fc.assert(
      fc.property(range, fc.double({ min: -300, max: 300, noNaN: true }), (at, by) => {
        const next = panned(at, whole, by);
        expect(next.to - next.from).toBeCloseTo(at.to - at.from, 6);
        expect(next.from).toBeGreaterThanOrEqual(0);
        expect(next.to).toBeLessThanOrEqual(100 + 1e-9);
      }),
    );
  });

  it("follows the present frame", () => {
    fc.assert(
      fc.property(range, fc.nat(99), (at, frame) => {
        const next = following(at, whole, frame);
        expect(next.from).toBeLessThanOrEqual(frame + 1e-9);
        expect(next.to).toBeGreaterThanOrEqual(frame + 1 - 1e-9);
        if (frame >= at.from && frame + 1 <= at.to) expect(next).toBe(at);
      }),
    );
  });

  it("turns places into frames and back", () => {
    expect(frameAt(500, whole, 1000)).toBe(50);
    expect(leftOf(50, whole, 1000)).toBe(500);
    expect(frameAt(leftOf(7, { from: 2.5, to: 21 }, 640) + 0.01, { from: 2.5, to: 21 }, 640)).toBe(7);
    expect(zoomed(wholeRange(0, 3), wholeRange(0, 3), 9, 1)).toEqual({ from: 0, to: 4 });
  });

  it("numbers frames so that the numbers do not touch", () => {
    expect(ticks(whole, 1000, 56)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500_000 }), fc.integer({ min: 100, max: 2000 }), (frames, width) => {
        const found = ticks({ from: 0, to: frames }, width, 50);
        for (let i = 1; i < found.length; i++)
          expect((((found[i] as number) - (found[i - 1] as number)) * width) / frames).toBeGreaterThanOrEqual(50);
      }),
    );
  });
});

describe("what lanes show", () => {
  it("is every stretch from the first keyframe to the end, seen or outside", () => {
    expect(spansOf(track({ 2: pose(), 5: pose(true), 8: pose(), 9: pose(true) }), 12)).toEqual([
      { from: 2, to: 4, outside: false },
      { from: 5, to: 7, outside: true },
      { from: 8, to: 8, outside: false },
      { from: 9, to: 12, outside: true },
    ]);
    expect(spansOf(track({ 3: pose(true), 4: pose() }), 4)).toEqual([
      { from: 3, to: 3, outside: true },
      { from: 4, to: 4, outside: false },
    ]);
  });

  it("covers each frame once", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.nat(30).map(String), fc.boolean(), { minKeys: 1 }), (outside) => {
        const keyframes = Object.fromEntries(Object.entries(outside).map(([frame, gone]) => [frame, pose(gone)]));
        const spans = spansOf(track(keyframes), 30);
        const frames = spans.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
        const first = Math.min(...Object.keys(keyframes).map(Number));
        expect(frames).toEqual(Array.from({ length: 31 - first }, (_, i) => first + i));
        for (const span of spans) expect(trackStateAt("rectangle", keyframes, span.from)?.outside).toBe(span.outside);
      }),
    );
  });

  it("is no more than can be told apart", () => {
    const frames = Array.from({ length: 1000 }, (_, i) => i);
    const shown = apart(frames, { from: 0, to: 1000 }, 500, 5);
    expect(shown).toHaveLength(100);
    expect(apart([1, 50, 120], { from: 40, to: 60 }, 500, 5)).toEqual([50]);
  });

  it("tells frames with tags alone from those with shapes", () => {
    const records = new Map<number, AnnotationRecord>([
      [1, { kind: "tag", id: 1, frame: 3, label: 1, group: 0, source: "manual", score: 1, attributes: {} }],
      [2, { ...track({ 0: pose() }), kind: "shape", id: 2, frame: 4, points: [], rotation: 0 } as unknown as AnnotationRecord],
    ]);
    const byFrame = new Map([
      [3, new Set([1])],
      [4, new Set([1, 2])],
      [6, new Set<number>()],
    ]);
    expect(ticksOf(byFrame, (id) => records.get(id), { from: 0, to: 10 }, 500)).toEqual([
      { frame: 3, tag: true },
      { frame: 4, tag: false },
    ]);
  });
});

describe("a keyframe that is moved", () => {
  function apply(record: TrackRecord, edit: Edit): TrackRecord {
    const records = new Map<number, AnnotationRecord>([[1, record]]);
    const inverse = invertEdit(edit, records);
    applyEdit(records, edit);
    const moved = records.get(1) as TrackRecord;
    applyEdit(records, inverse);
    expect(records.get(1)).toEqual(record);
    return moved;
  }

  it("takes its pose along, and those of the joints", () => {
    const joint = { id: 7, label: 2, type: "points" as const, attributes: {}, keyframes: { 0: pose(), 5: pose(true) } };
    const before = track({ 0: pose(), 5: pose(true) }, [joint]);
    const after = apply(before, moveKeyframe(before, 5, 8) as Edit);
    expect(Object.keys(after.keyframes)).toEqual(["0", "8"]);
    expect(after.keyframes[8]).toEqual(pose(true));
    expect(Object.keys(after.elements[0]?.keyframes ?? {})).toEqual(["0", "8"]);
  });

  it("does not go onto another one", () => {
    const before = track({ 0: pose(), 5: pose() });
    expect(moveKeyframe(before, 0, 5)).toBeInstanceOf(Refusal);
    expect(moveKeyframe(before, 3, 4)).toBeInstanceOf(Refusal);
  });

  it("leaves the attributes that others inherited from it to the new first one", () => {
    const before = track({ 0: pose(false, { 1: "a", 2: "x" }), 5: pose(false, { 2: "y" }) });
    const after = apply(before, moveKeyframe(before, 0, 9) as Edit);
    expect(after.keyframes[5]?.attributes).toEqual({ 1: "a", 2: "y" });
    expect(after.keyframes[9]?.attributes).toEqual({ 1: "a", 2: "x" });
  });
});

describe("propagation", () => {
  it("goes both ways, nearest first, past deleted frames", () => {
    expect(targets(5, 8, new Set([7]))).toEqual([6, 8]);
    expect(targets(5, 2, new Set())).toEqual([4, 3, 2]);
  });
});
