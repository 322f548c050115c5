import { describe, expect, it } from "vitest";
import { selectionAfter } from "../../src/panels/ObjectsPanel";
import { saveText } from "../../src/panels/SaveState";

const facts = { status: "ready", pending: 0, subshells: true, reason: null } as const;

describe("the save state", () => {
  it("says saved only for what is on disk", () => {
    expect(saveText(facts).text).toBe("Saved");
    expect(saveText({ ...facts, pending: 1 }).text).toBe("Saving…");
    expect(saveText({ ...facts, status: "waiting", pending: 3 }).text).toBe("3 edits waiting for the kernel");
    expect(saveText({ ...facts, status: "waiting", pending: 1, subshells: false }).detail).toContain("ipykernel 7");
    expect(saveText({ ...facts, status: "behind" }).text).toContain("catching up");
    expect(saveText({ ...facts, status: "lost", reason: "Gone." })).toMatchObject({
      text: "Disconnected",
      detail: "Gone.",
      tone: "bad",
    });
  });
});

describe("the selection in the list", () => {
  const list = [1, 2, 3, 4, 5];
  it("is one row, a toggled row, or a range", () => {
    expect(selectionAfter([2], list, 4, { add: false, range: false })).toEqual([4]);
    expect(selectionAfter([2], list, 4, { add: true, range: false })).toEqual([2, 4]);
    expect(selectionAfter([2, 4], list, 4, { add: true, range: false })).toEqual([2]);
    expect(selectionAfter([2], list, 4, { add: false, range: true })).toEqual([3, 4, 2]);
    expect(selectionAfter([], list, 4, { add: false, range: true })).toEqual([4]);
  });
});
