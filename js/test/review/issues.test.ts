import { describe, expect, it } from "vitest";
import { outlineOf } from "../../src/panels/review/TruthOutline";
import {
  ago,
  type Conflict,
  conflictPosition,
  conflictText,
  type Issue,
  inOrder,
  passes,
  stepTo,
} from "../../src/review/issues";

const issue = (id: number, frame: number, resolved = false): Issue => ({
  id,
  frame,
  resolved,
  position: [1, 2],
  object: null,
  owner: "ann",
  assignee: null,
  created: "2026-01-01T10:00:00+00:00",
  updated: "2026-01-01T10:00:00+00:00",
  comments: [],
});

describe("issues", () => {
  it("are gone through by frame, and on a frame by age", () => {
    const ordered = inOrder([issue(5, 2), issue(1, 7), issue(3, 2), issue(4, 0)]);
    expect(ordered.map(({ id }) => id)).toEqual([4, 3, 5, 1]);
    const [first, second, , last] = ordered as [Issue, Issue, Issue, Issue];
    expect(stepTo(ordered, first, 0, 1)?.id).toBe(3);
    expect(stepTo(ordered, second, 2, -1)?.id).toBe(4);
    expect(stepTo(ordered, last, 7, 1)).toBeNull();
    // Without an active one the nearest counts, that of the frame first.
    expect(stepTo(ordered, null, 2, 1)?.id).toBe(3);
    expect(stepTo(ordered, null, 3, 1)?.id).toBe(1);
    expect(stepTo(ordered, null, 6, -1)?.id).toBe(5);
    expect(stepTo(ordered, null, 8, 1)).toBeNull();
  });

  it("pass filters", () => {
    const [open, resolved] = [issue(1, 0), issue(2, 0, true)];
    expect([open, resolved].filter((each) => passes(each, "open"))).toEqual([open]);
    expect([open, resolved].filter((each) => passes(each, "resolved"))).toEqual([resolved]);
    expect([open, resolved].filter((each) => passes(each, "all"))).toHaveLength(2);
  });

  it("say how long ago something was", () => {
    const at = "2026-01-01T10:00:00+00:00";
    const now = Date.parse(at);
    expect(ago(at, now + 30_000)).toBe("just now");
    expect(ago(at, now + 90_000)).toBe("1 min ago");
    expect(ago(at, now + 5 * 3_600_000)).toBe("5 h ago");
    expect(ago(at, now + 9 * 86_400_000)).toContain("2026");
    expect(ago("never", now)).toBe("");
  });
});

describe("conflicts", () => {
  const thing = (label: string) => ({ id: 1, label, type: "rectangle", box: [1, 2, 3, 4] });
  const conflict: Conflict = {
    frame: 0,
    type: "low_overlap",
    severity: "warning",
    truth: thing("car"),
    object: thing("car"),
    similarity: 0.634,
  };

  it("are said in words", () => {
    expect(conflictText(conflict)).toBe("Low overlap (63 %): car");
    expect(conflictText({ ...conflict, type: "mismatching_label", object: thing("van") })).toBe(
      "Mismatching label: van, should be car",
    );
    expect(conflictText({ ...conflict, type: "missing_annotation", object: null })).toBe("Missing annotation: car");
  });

  it("are shown on the object, and where there is none on the ground truth", () => {
    const truth = { ...thing("car"), box: [5, 6, 7, 8] };
    expect(conflictPosition({ ...conflict, truth })).toEqual([1, 2, 3, 4]);
    expect(conflictPosition({ ...conflict, truth, object: null })).toEqual([5, 6, 7, 8]);
    expect(conflictPosition({ ...conflict, truth: null, object: { ...thing("car"), box: null } })).toBeNull();
  });

  it("draw the ground truth as it is: boxes turned, lines of two points as lines", () => {
    const turned = outlineOf({ ...thing("car"), points: [0, 0, 4, 2], rotation: 90 });
    expect(turned.map(([x, y]) => [Math.round(x), Math.round(y)])).toEqual([
      [3, -1],
      [3, 3],
      [1, 3],
      [1, -1],
    ]);
    expect(outlineOf({ ...thing("car"), type: "polyline", points: [0, 0, 4, 2] })).toEqual([
      [0, 0],
      [4, 2],
    ]);
    const round = outlineOf({ ...thing("car"), type: "ellipse", points: [10, 10, 14, 8] });
    expect(Math.max(...round.map(([x]) => x))).toBeCloseTo(14);
    expect(Math.min(...round.map(([, y]) => y))).toBeCloseTo(8);
    expect(outlineOf({ ...thing("car"), type: "mask", points: null })).toHaveLength(4);
  });
});
