import { describe, expect, it } from "vitest";
import { JobDocument, visibleSpans } from "../../src/document/document";
import { addTrack, mergeEdits, setAttribute, setFlag, setLabel, setPose, toggleKeyframe } from "../../src/document/edits";
import type { Edit, LabelSpec, ObjectState, TrackRecord } from "../../src/document/records";

const attribute = { input_type: "text", values: [], default_value: "", mutable: false } as const;
const car: LabelSpec = {
  id: 1,
  name: "car",
  color: "#ff0000",
  type: "any",
  sublabels: [],
  svg: "",
  attributes: [
    { ...attribute, id: 1, name: "plate" },
    { ...attribute, id: 2, name: "speed", mutable: true },
  ],
};
const bus: LabelSpec = { ...car, id: 2, name: "bus", attributes: [{ ...attribute, id: 3, name: "plate" }] };

function made(): {
  document: JobDocument;
  at: (frame: number) => ObjectState;
  do: (edit: Edit | null) => void;
  track: () => TrackRecord;
} {
  let seq = 0;
  const document = new JobDocument((label, changes) => ({ client: "a", seq: ++seq, base: 0, label, changes }));
  document.addIds(1, 50);
  document.apply(
    "Draw",
    addTrack(document, { frame: 2, label: car, type: "rectangle", points: [0, 0, 10, 10], attributes: { 1: "B-1" } }),
  );
  return {
    document,
    at: (frame) => document.stateOf(1, frame) as ObjectState,
    do: (edit) => edit && document.apply("edit", edit),
    track: () => document.get(1) as TrackRecord,
  };
}

describe("edits of tracks", () => {
  it("write a keyframe where they are made", () => {
    const { document, at, do: edit, track } = made();
    edit(setPose(document, at(6), [40, 0, 50, 10]));
    expect(Object.keys(track().keyframes)).toEqual(["2", "6"]);
    expect(at(4).points).toEqual([20, 0, 30, 10]);
    edit(setFlag(document, at(8), "outside", true));
    expect(document.statesAt(8)).toEqual([]);
    expect(document.statesAt(7).length).toBe(1);
    expect(visibleSpans(track(), 9)).toEqual([[2, 7]]);
    edit(toggleKeyframe(document, at(8)));
    expect(visibleSpans(track(), 9)).toEqual([[2, 9]]);
  });

  it("set mutable attributes from a frame on and others for the whole track", () => {
    const { document, at, do: edit, track } = made();
    const [plate, speed] = car.attributes as [LabelSpec["attributes"][number], LabelSpec["attributes"][number]];
    edit(setAttribute(document, at(5), speed, "50"));
    edit(setAttribute(document, at(5), plate, "B-2"));
    expect(at(4).attributes).toEqual({ 1: "B-2", 2: "" });
    expect(at(7).attributes).toEqual({ 1: "B-2", 2: "50" });
    expect(track().attributes).toEqual({ 1: "B-2" });
  });

  it("keep what fits when the label changes", () => {
    const { document, at, do: edit, track } = made();
    edit(setLabel(document, at(2), bus, car));
    expect(track().label).toBe(2);
    expect(at(2).attributes).toEqual({ 3: "B-1" });
  });

  it("do not remove the only keyframe", () => {
    const { document, at } = made();
    expect(toggleKeyframe(document, at(2))).toBeNull();
  });

  it("merge into one, from the first value to the last", () => {
    const merged = mergeEdits(
      { updated: { 1: { group: [0, 1] } } },
      { updated: { 1: { group: [1, 2], label: [1, 2] } } },
      { removed: [3] },
    );
    expect(merged).toEqual({ added: [], updated: { 1: { group: [0, 2], label: [1, 2] } }, removed: [3] });
  });
});

describe("the document", () => {
  it("keeps the identity of objects that did not change", () => {
    const { document } = made();
    document.apply("Draw", addTrack(document, { frame: 0, label: car, type: "rectangle", points: [0, 0, 1, 1] }));
    const before = document.statesAt(3);
    document.apply("Group", { updated: { 2: { group: [0, 1] } } });
    const after = document.statesAt(3);
    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
  });
});
