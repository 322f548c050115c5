import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bindings, ownAction } from "../../src/actions/actions";
import { conflictsOf } from "../../src/actions/bindings";
import type { Context } from "../../src/actions/context";
import { frameNamed, namesWith, stepChapter } from "../../src/actions/frame-actions";
import { addShape } from "../../src/document/edits";
import type { Editor } from "../../src/editor";
import {
  choicesOf,
  chooseValue,
  isTyped,
  placeOf,
  stepAttribute,
  stepFrame,
  stepObject,
} from "../../src/workspaces/attributes";
import { nearestFrame } from "../../src/workspaces/frames";
import { advance, shapeOf } from "../../src/workspaces/single-shape";
import { addTagOf, chosenTag, digitOf, digitsOf, reassign, tagLabels } from "../../src/workspaces/tags";
import { label, makeEditor, spec } from "./fixture";

const car = label(1, {
  name: "car",
  attributes: [spec(1), spec(2, { input_type: "checkbox", values: ["false"], default_value: "false" })],
});
const person = label(2, { name: "person", attributes: [spec(3)] });
const road = label(3, { name: "road" });

function draw(editor: Editor, frame: number, of = car): number {
  const edit = addShape(editor.document, { frame, label: of, type: "rectangle", points: [0, 0, 10, 10] });
  editor.commit("Draw", edit);
  return edit.added?.[0]?.id as number;
}

describe("values by digits", () => {
  it("are those of lists, no and yes, and short ranges of numbers", () => {
    expect(choicesOf(spec(1))).toEqual(["a", "b", "c"]);
    expect(choicesOf(spec(1, { input_type: "checkbox", values: ["true"] }))).toEqual(["false", "true"]);
    expect(choicesOf(spec(1, { input_type: "number", values: ["1", "5", "1"] }))).toEqual(["1", "2", "3", "4", "5"]);
    expect(choicesOf(spec(1, { input_type: "number", values: ["0", "0.3", "0.1"] }))).toEqual(["0", "0.1", "0.2", "0.3"]);
    expect(isTyped(spec(1, { input_type: "number", values: ["0", "10", "1"] }))).toBe(true);
    expect(isTyped(spec(1, { input_type: "number", values: ["0", "9", "1"] }))).toBe(false);
    expect(isTyped(spec(1, { input_type: "number", values: ["0", "9", "0"] }))).toBe(true);
    expect(isTyped(spec(1, { input_type: "text", values: [] }))).toBe(true);
  });

  it("set the attribute that is asked for, as one edit", () => {
    const { editor } = makeEditor([car]);
    editor.selection.value = [draw(editor, 0)];
    expect(chooseValue(editor, 2)).toBe(true);
    expect(placeOf(editor)?.state.attributes[1]).toBe("c");
    expect(chooseValue(editor, 7)).toBe(false);
    stepAttribute(editor, 1);
    expect(chooseValue(editor, 1)).toBe(true);
    expect(placeOf(editor)?.state.attributes).toEqual({ 1: "c", 2: "true" });
    expect(editor.document.pendingEdits.map((edit) => edit.label)).toEqual([
      "Draw",
      "Set attribute 1 of car 1",
      "Set attribute 2 of car 1",
    ]);
  });

  it("leave locked objects alone", () => {
    const { editor } = makeEditor([car]);
    const id = draw(editor, 0);
    editor.selection.value = [id];
    editor.locked.value = new Set([id]);
    chooseValue(editor, 1);
    expect(placeOf(editor)?.state.attributes[1]).toBe("a");
  });
});

describe("the way through objects", () => {
  it("goes on with the next frame, without what is hidden, filtered out or deleted, or has no attributes", () => {
    const { editor, deleted } = makeEditor([car, person, road]);
    const [a, b] = [draw(editor, 0), draw(editor, 0, person)];
    draw(editor, 0, road);
    draw(editor, 2, road);
    draw(editor, 3);
    const last = draw(editor, 5, person);
    deleted.value = new Set([3]);
    const seen: (readonly number[])[] = [];
    for (let i = 0; i < 4; i++) {
      stepObject(editor, 1);
      seen.push([editor.frame.value, ...editor.selection.value]);
    }
    expect(seen).toEqual([
      [0, a],
      [0, b],
      [5, last],
      [5, last],
    ]);
    expect(editor.toasts.value.at(-1)?.text).toContain("no object with attributes after");
    stepObject(editor, -1);
    expect([editor.frame.value, ...editor.selection.value]).toEqual([0, b]);
    editor.hidden.value = new Set([a]);
    stepFrame(editor, 1);
    stepFrame(editor, -1);
    stepObject(editor, -1);
    expect(editor.selection.value).toEqual([b]);
  });

  it("begins each object with its first attribute", () => {
    const { editor } = makeEditor([car]);
    draw(editor, 0);
    draw(editor, 0);
    stepObject(editor, 1);
    stepAttribute(editor, -1);
    expect(placeOf(editor)?.index).toBe(1);
    stepObject(editor, 1);
    expect(placeOf(editor)?.index).toBe(0);
  });
});

describe("tags by digits", () => {
  const labels = Array.from({ length: 12 }, (_, i) => label(i + 1));

  it("go by the order of labels until somebody chooses", () => {
    const digits = digitsOf(labels, {});
    expect(digits.get(1)?.id).toBe(1);
    expect(digits.get(0)?.id).toBe(10);
    expect(digitOf(digits, labels[10] as (typeof labels)[0])).toBeNull();
    expect(tagLabels([label(1, { type: "tag" }), label(2, { type: "polygon" }), road])).toHaveLength(2);
  });

  it("exchange theirs, and never give one digit or one label twice", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(11), fc.nat(9)), { maxLength: 12 }), (steps) => {
        let chosen = {};
        for (const [which, digit] of steps) {
          const each = labels[which] as (typeof labels)[0];
          chosen = reassign(labels, chosen, each, digit);
          expect(digitOf(digitsOf(labels, chosen), each)).toBe(digit);
        }
        const used = [...digitsOf(labels, chosen).values()];
        expect(new Set(used).size).toBe(used.length);
      }),
    );
  });

  it("tag the frame and go on, past deleted frames", () => {
    const { editor, deleted } = makeEditor([road, person], 4, { tagThenNext: true });
    deleted.value = new Set([1]);
    addTagOf(editor, chosenTag(editor));
    expect(editor.frame.value).toBe(2);
    addTagOf(editor, person);
    addTagOf(editor, chosenTag(editor));
    expect(editor.document.statesAt(3).map((state) => state.label)).toEqual([person.id]);
    expect(editor.frame.value).toBe(3);
  });
});

describe("single shape", () => {
  it("goes over every picture that is not deleted, and is finished after the last", () => {
    const { editor, deleted } = makeEditor([car], 5);
    deleted.value = new Set([1, 4]);
    const frames: number[] = [];
    for (let i = 0; i < 4 && !editor.workspaces.finished.value; i++) {
      advance(editor);
      frames.push(editor.frame.value);
    }
    expect(frames).toEqual([2, 3, 3]);
    expect(editor.workspaces.finished.value).toBe(true);
    expect(editor.workspaces.drawing.value).toBe(false);
  });

  it("can leave out pictures with objects", () => {
    const { editor } = makeEditor([car], 5, { onlyEmptyFrames: true });
    draw(editor, 1);
    draw(editor, 2);
    advance(editor);
    expect(editor.frame.value).toBe(3);
  });

  it("draws what the label is for", () => {
    const { editor } = makeEditor([label(1, { type: "polygon" }), road]);
    expect(shapeOf(editor)).toBe("polygon");
    editor.activeLabel.value = road.id;
    editor.workspaces.shape.value = "ellipse";
    expect(shapeOf(editor)).toBe("ellipse");
  });
});

describe("deleted frames", () => {
  it("are passed over by steps, but can be gone to", () => {
    const { editor, deleted } = makeEditor([car]);
    draw(editor, 2);
    deleted.value = new Set([0, 1, 2, 9]);
    editor.player.step(1);
    expect(editor.frame.value).toBe(3);
    editor.player.step(-1);
    expect(editor.frame.value).toBe(3);
    editor.player.step(100);
    expect(editor.frame.value).toBe(8);
    editor.player.seekEnd("first");
    expect(editor.frame.value).toBe(3);
    editor.player.seekEnd("last");
    expect(editor.frame.value).toBe(8);
    editor.player.seek(2);
    expect(editor.frame.value).toBe(2);
    expect(editor.objects.value).toEqual([]);
    deleted.value = new Set();
    expect(editor.objects.value).toHaveLength(1);
    deleted.value = new Set([1]);
    editor.setSetting("showDeleted", true);
    editor.player.step(-1);
    expect(editor.frame.value).toBe(1);
  });

  it("end no step on a deleted frame while there are others", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(9), { maxLength: 9 }),
        fc.nat(9),
        fc.integer({ min: -12, max: 12 }),
        (gone, from, by) => {
          const { editor, deleted } = makeEditor([car]);
          deleted.value = new Set(gone);
          editor.player.seek(from);
          editor.player.step(by);
          const { value } = editor.frame;
          if (value !== from) expect(gone).not.toContain(value);
          if (by > 0) expect(value).toBeGreaterThanOrEqual(from);
          if (by < 0) expect(value).toBeLessThanOrEqual(from);
        },
      ),
    );
  });

  it("are not found", () => {
    const { editor, deleted } = makeEditor([car]);
    deleted.value = new Set([1, 2]);
    expect(nearestFrame(editor, 1, () => true)).toBe(3);
    expect(nearestFrame(editor, -1, () => true)).toBeNull();
  });
});

describe("frames by name", () => {
  it("are found whole or in part, after the present one first", () => {
    const { editor } = makeEditor([car], 20);
    expect(frameNamed(editor, "picture_1.png")).toBe(1);
    expect(frameNamed(editor, "PICTURE_1")).toBe(1);
    editor.player.seek(5);
    expect(frameNamed(editor, "picture_1")).toBe(10);
    expect(frameNamed(editor, "nothing")).toBeNull();
    expect(frameNamed(editor, " ")).toBeNull();
    expect(namesWith(editor, "_1")).toEqual([1, 10, 11, 12, 13, 14, 15, 16].map((frame) => `picture_${frame}.png`));
    expect(namesWith(editor, "12")).toEqual([]);
  });

  it("chapters begin where they begin", () => {
    const { editor } = makeEditor([car], 20);
    editor.chapters.value = [
      [0, "one"],
      [8, "two"],
    ];
    stepChapter(editor, 1);
    expect(editor.frame.value).toBe(8);
    stepChapter(editor, 1);
    expect(editor.toasts.value).toHaveLength(1);
    editor.player.seek(10);
    stepChapter(editor, -1);
    expect(editor.frame.value).toBe(8);
    stepChapter(editor, -1);
    expect(editor.frame.value).toBe(0);
  });
});

describe("keys of workspaces", () => {
  it("go before those of everywhere, and are there only in their workspace", () => {
    const { editor } = makeEditor([car]);
    const context = { editor } as unknown as Context;
    expect(ownAction("n", context)).toBeNull();
    editor.workspace.value = "tags";
    expect(ownAction("n", context)).toBe("add-tag");
    expect(ownAction("7", context)).toBe("tag-7");
    editor.workspace.value = "attributes";
    expect(ownAction("7", context)).toBe("value-7");
    expect(ownAction("n", context)).toBeNull();
    const first = bindings({}, "tags").find(([keys]) => keys === "n");
    expect(first?.[1]).toBe("add-tag");
    expect(bindings().some(([, id]) => id === "add-tag")).toBe(false);
    editor.setSetting("keys", { "add-tag": ["y"] });
    editor.workspace.value = "tags";
    expect(ownAction("y", context)).toBe("add-tag");
    expect(ownAction("n", context)).toBeNull();
  });

  it("are no conflict with those of other workspaces", () => {
    const standard = { id: "a", keys: ["n"] };
    const own = { id: "b", keys: ["n"], workspace: "tags" as const };
    const other = { id: "c", keys: ["n"], workspace: "tags" as const };
    expect(conflictsOf([standard, own], {}).size).toBe(0);
    expect(conflictsOf([standard, own, other], {}).get("b")).toEqual(["c"]);
  });
});
