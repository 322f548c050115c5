import { signal } from "@preact/signals";
import { describe, expect, it } from "vitest";
import { actionOf, run } from "../../src/actions/actions";
import type { Context, DialogName } from "../../src/actions/context";
import type { ObjectState } from "../../src/document/records";

interface Told {
  readonly calls: [method: string, params: unknown][];
  readonly toasts: string[];
  readonly context: Context;
}

/** As much of an annotator as these actions ask for; the kernel answers with `answer`, or refuses with it. */
function annotator(states: readonly Partial<ObjectState>[], answer: unknown, locked: readonly number[] = []): Told {
  const calls: Told["calls"] = [];
  const toasts: string[] = [];
  const editor = {
    selected: signal(states),
    selection: signal(states.map(({ id }) => id)),
    workspace: signal("standard"),
    info: { readOnly: false },
    isLocked: (id: number) => locked.includes(id),
    toast: (_level: string, text: string) => toasts.push(text),
    announce: () => undefined,
    link: {
      call: (method: string, params: unknown) => {
        calls.push([method, params]);
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve({ result: answer, buffers: [] });
      },
    },
  };
  const ui = { dialog: signal<DialogName | null>(null) };
  return { calls, toasts, context: { editor, ui } as unknown as Context };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
const polygon = (id: number): Partial<ObjectState> => ({ id, type: "polygon" });

describe("join", () => {
  it("asks the kernel and selects what comes of it", async () => {
    const { context, calls } = annotator([polygon(1), polygon(2)], { ids: [7] });
    expect(run("join", context)).toBe(true);
    await settled();
    expect(calls).toEqual([["operations.join", { ids: [1, 2] }]]);
    expect(context.editor.selection.value).toEqual([7]);
  });

  it("says why it is refused", async () => {
    const { context, toasts } = annotator([polygon(1), polygon(2)], new Error("The polygons do not touch."));
    run("join", context);
    await settled();
    expect(toasts).toEqual(["The polygons do not touch."]);
    expect(context.editor.selection.value).toEqual([1, 2]);
  });

  it("leaves locked objects alone", async () => {
    const { context, calls, toasts } = annotator([polygon(1), polygon(2), polygon(3)], { ids: [7] }, [2]);
    run("join", context);
    await settled();
    expect(calls).toEqual([["operations.join", { ids: [1, 3] }]]);
    expect(toasts[0]).toContain("Locked");
    const one = annotator([polygon(1), polygon(2)], { ids: [7] }, [2]);
    run("join", one.context);
    expect(one.calls).toEqual([]);
    expect(one.toasts[1]).toContain("two or more");
  });
});

describe("simplify", () => {
  it("is for outlines and says when there is nothing to do", async () => {
    const { context, calls, toasts } = annotator([polygon(1), { id: 2, type: "rectangle" }], { changed: 0 });
    expect(run("simplify", context)).toBe(true);
    await settled();
    expect(calls).toEqual([["operations.simplify", { ids: [1], distance: 1 }]]);
    expect(toasts[0]).toContain("no point");
    expect(run("simplify", annotator([{ id: 2, type: "rectangle" }], { changed: 0 }).context)).toBe(false);
  });
});

describe("run an action", () => {
  it("opens the dialog with Ctrl+E, but not where nothing can be written", () => {
    const { context } = annotator([], {});
    expect(actionOf("run-action").keys).toEqual(["ctrl+e"]);
    expect(run("run-action", context)).toBe(true);
    expect(context.ui.dialog.value).toBe("actions");
    const reading = annotator([], {});
    Object.assign(reading.context.editor.info, { readOnly: true });
    expect(run("run-action", reading.context)).toBe(false);
  });
});
