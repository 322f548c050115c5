import { describe, expect, it } from "vitest";
import type { Issue, ReviewList } from "../../src/review/issues";
import { reviewOf } from "../../src/review/model";
import { label, makeEditor } from "../workspaces/fixture";

interface Call {
  readonly method: string;
  readonly params: Record<string, unknown>;
  readonly answer: (result: unknown) => void;
  readonly refuse: (error: Error) => void;
}

function made() {
  const { editor } = makeEditor([label(1)]);
  const calls: Call[] = [];
  const call = (method: string, params: Record<string, unknown> = {}) =>
    new Promise((resolve, reject) => {
      calls.push({ method, params, answer: (result) => resolve({ result, buffers: [] }), refuse: reject });
    });
  Object.assign(editor.link, { call });
  return { editor, calls };
}

const settle = () => new Promise((resolve) => setTimeout(resolve));

const issue = (id: number, changes: Partial<Issue> = {}): Issue => ({
  id,
  frame: 0,
  resolved: false,
  position: [1, 2],
  object: null,
  owner: "ann",
  assignee: null,
  created: "",
  updated: "",
  comments: [{ id, owner: "ann", message: "m", created: "", updated: "" }],
  ...changes,
});

const list = (...issues: Issue[]): ReviewList => ({
  issues,
  left_out: 0,
  quick: [],
  job: { id: 1, type: "annotation", stage: "annotation", state: "new", assignee: null, reviewer: null, start: 0, stop: 9 },
  stages: [],
  states: [],
  people: [],
  security: "advisory",
  ground_truth: false,
});

describe("the review of a view", () => {
  it("asks for issues only when there are some or somebody looks", async () => {
    const { editor, calls } = made();
    const review = reviewOf(editor);
    expect(reviewOf(editor)).toBe(review);
    expect(calls).toHaveLength(0);
    editor.review.value = { ...editor.review.value, issues: 1 };
    expect(calls.map(({ method }) => method)).toEqual(["review.list"]);
    calls[0]?.answer(list(issue(3)));
    await settle();
    expect(review.issues.value.map(({ id }) => id)).toEqual([3]);
  });

  it("asks once more, and not ten times, when there was news while it was asking", async () => {
    const { editor, calls } = made();
    const review = reviewOf(editor);
    for (let issues = 1; issues <= 10; issues++) editor.review.value = { ...editor.review.value, issues };
    expect(calls).toHaveLength(1);
    calls[0]?.answer(list(issue(1)));
    await settle();
    expect(calls).toHaveLength(2);
    calls[1]?.answer(list(issue(1), issue(2)));
    await settle();
    expect(calls).toHaveLength(2);
    expect(review.issues.value).toHaveLength(2);
  });

  it("recovers from a question that was not answered", async () => {
    const { editor, calls } = made();
    const review = reviewOf(editor);
    editor.review.value = { ...editor.review.value, issues: 1 };
    calls[0]?.refuse(new Error("lost"));
    await settle();
    editor.review.value = { ...editor.review.value, issues: 2 };
    calls[1]?.answer(list(issue(1), issue(2)));
    await settle();
    expect(review.issues.value).toHaveLength(2);
  });

  it("opens an issue about what was marked, and keeps what was written if that is refused", async () => {
    const { editor, calls } = made();
    const review = reviewOf(editor);
    review.begin([1.234, 5.678, 9, 10], 7);
    const refused = review.open(" too wide ");
    expect(calls.at(-1)?.params).toEqual({
      frame: 0,
      position: [1.23, 5.68, 9, 10],
      object: 7,
      message: "too wide",
    });
    calls.at(-1)?.refuse(new Error("no"));
    expect(await refused).toBe(false);
    expect(review.draft.value).not.toBeNull();
    expect(editor.toasts.value.map(({ text }) => text)).toEqual(["no"]);
    const opened = review.open("too wide");
    calls.at(-1)?.answer({ issue: issue(5) });
    expect(await opened).toBe(true);
    expect(review.draft.value).toBeNull();
    expect(review.active.value).toBe(5);
  });

  it("keeps a resolved issue in sight while it is the active one, and forgets one that was removed elsewhere", async () => {
    const { editor, calls } = made();
    const review = reviewOf(editor);
    review.wanted.value = true;
    calls[0]?.answer(list(issue(1), issue(2)));
    await settle();
    review.active.value = 1;
    void review.setResolved(issue(1), true);
    calls[1]?.answer({ issue: issue(1, { resolved: true }) });
    await settle();
    expect(review.issues.value.map(({ id }) => id)).toEqual([1, 2]);
    review.active.value = null;
    expect(review.issues.value.map(({ id }) => id)).toEqual([2]);
    review.active.value = 2;
    editor.review.value = { ...editor.review.value, issues: 0 };
    calls[2]?.answer(list());
    await settle();
    expect(review.active.value).toBeNull();
  });

  it("goes from one issue to the next over frames", async () => {
    const { editor, calls } = made();
    const review = reviewOf(editor);
    review.wanted.value = true;
    calls[0]?.answer(list(issue(1, { frame: 2 }), issue(2, { frame: 6 })));
    await settle();
    const scene = { shownFrame: editor.frame, pictureSize: () => [640, 480], zoomTo: () => undefined };
    review.step(1, scene as never);
    expect([editor.frame.value, review.active.value]).toEqual([2, 1]);
    review.step(1, scene as never);
    expect([editor.frame.value, review.active.value]).toEqual([6, 2]);
    review.step(1, scene as never);
    expect(editor.toasts.value.at(-1)?.text).toContain("no issue after");
    review.step(-1, scene as never);
    expect(editor.frame.value).toBe(2);
  });
});
