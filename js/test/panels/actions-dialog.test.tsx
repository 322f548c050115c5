// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Context } from "../../src/actions/context";
import { ActionsDialog } from "../../src/panels/ActionsDialog";
import { AnnotatorContext } from "../../src/panels/context";
import type { ActionSpec, RunRequest, RunResult } from "../../src/wire/actions";
import type { CallOptions } from "../../src/wire/link";

const ACTIONS: readonly ActionSpec[] = [
  {
    name: "Simplify",
    description: "Take out points.",
    kinds: ["shape"],
    per: "frame",
    parameters: [
      { kind: "number", name: "distance", label: "Distance", low: 0.1, high: 64, step: 0.1, default: 1, role: "number" },
      { kind: "checkbox", name: "tracks", label: "Tracks", default: false },
    ],
  },
  {
    name: "Propagate",
    description: "",
    kinds: ["shape"],
    per: "one",
    parameters: [
      { kind: "number", name: "target", label: "To frame", low: 0, high: 1e9, step: 1, default: null, role: "frame" },
      { kind: "select", name: "what", label: "What", choices: ["all", "boxes"], default: "all" },
    ],
  },
];

interface Run {
  readonly request: RunRequest;
  readonly options: CallOptions;
  readonly resolve: (answer: { result: RunResult }) => void;
  readonly reject: (error: Error) => void;
}

let host: HTMLElement;
let runs: Run[];
let selection: number[];
let filter: object | null;

function open(): Context {
  const editor = {
    frame: signal(4),
    selection: signal(selection),
    filter: signal(filter),
    filtering: signal({ matcher: filter && { test: () => true } }),
    player: { first: 2, last: 20 },
    announce: () => undefined,
    link: {
      call: (method: string, request: RunRequest, options: CallOptions) => {
        if (method === "actions.list") return Promise.resolve({ result: { actions: ACTIONS } });
        return new Promise((resolve, reject) => {
          runs.push({ request, options, resolve, reject });
          options.signal?.addEventListener("abort", () => reject(new Error("aborted")));
        });
      },
    },
  };
  const context = { editor, ui: { dialog: signal("actions") } } as unknown as Context;
  act(() =>
    render(
      <AnnotatorContext.Provider value={context}>
        <ActionsDialog />
      </AnnotatorContext.Provider>,
      host,
    ),
  );
  return context;
}

const settle = (): Promise<void> => act(async () => new Promise((resolve) => setTimeout(resolve, 5)));
const field = (label: string): HTMLInputElement => {
  const found = [...host.querySelectorAll("label")].find((each) => each.textContent?.startsWith(label));
  if (!found) throw new Error(`There is no field ${label}.`);
  return found.querySelector("input, select") as HTMLInputElement;
};
const set = (label: string, value: string): void => {
  const input = field(label);
  act(() => {
    if (input.type === "checkbox") input.click();
    else {
      input.value = value;
      input.dispatchEvent(new Event(input.tagName === "SELECT" ? "change" : "input", { bubbles: true }));
    }
  });
};
const submit = (): void => {
  act(() => {
    host.querySelector("form")?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  });
};
const byTestId = (name: string): HTMLElement | null => host.querySelector(`[data-testid="${name}"]`);

beforeEach(() => {
  host = document.createElement("div");
  document.body.append(host);
  runs = [];
  selection = [];
  filter = null;
});
afterEach(() => {
  render(null, host);
  host.remove();
});

describe("the dialog of actions", () => {
  it("runs with what was set, on this frame unless told otherwise", async () => {
    open();
    await settle();
    set("Distance", "2.5");
    set("Tracks", "");
    submit();
    expect(runs[0]?.request).toEqual({ name: "Simplify", parameters: { distance: 2.5, tracks: true }, start: 4, stop: 4 });
  });

  it("runs on a range, on the selection and on what the filter lets through", async () => {
    selection = [7, 8];
    filter = { "==": [{ var: "label" }, "car"] };
    open();
    await settle();
    set("Frames", "range");
    set("From", "9");
    set("To", "3");
    submit();
    expect(runs[0]?.request).toMatchObject({ start: 3, stop: 9, ids: [7, 8], filter });
    await act(async () => runs[0]?.resolve({ result: { added: 0, updated: 0, removed: 0, skipped: [], text: "Nothing." } }));
    set("Only selected", "");
    set("Only objects", "");
    set("Frames", "all");
    submit();
    expect(runs[1]?.request).toEqual({ name: "Simplify", parameters: { distance: 1, tracks: false }, start: 2, stop: 20 });
  });

  it("has no range for an action of one frame, and knows the last frame", async () => {
    open();
    await settle();
    set("Frames", "all");
    set("Action", "Propagate");
    set("What", "boxes");
    expect(field("To frame").max).toBe("20");
    submit();
    expect(runs[0]?.request).toEqual({ name: "Propagate", parameters: { target: 20, what: "boxes" }, start: 4, stop: 4 });
  });

  it("shows how far it is and what it did, also what was left alone", async () => {
    open();
    await settle();
    expect(document.activeElement).toBe(field("Action"));
    submit();
    expect(document.activeElement).toBe(byTestId("action-cancel"));
    act(() => runs[0]?.options.onProgress?.(3, 19, ""));
    expect(host.querySelector("progress")?.value).toBe(3);
    expect(byTestId("action-run")).toBeNull();
    submit();
    expect(runs.length).toBe(1);
    const result = { added: 0, updated: 2, removed: 0, skipped: ["shape 1: a hole", "shape 2: a hole"], text: "2 changed." };
    await act(async () => runs[0]?.resolve({ result }));
    expect(byTestId("action-outcome")?.textContent).toBe("2 changed.");
    expect(document.activeElement).toBe(byTestId("action-run"));
    expect([...host.querySelectorAll("li")].map((each) => each.textContent)).toEqual(result.skipped);
  });

  it("can be cancelled, by closing it, too", async () => {
    const context = open();
    await settle();
    submit();
    act(() => byTestId("action-cancel")?.click());
    await settle();
    expect(runs[0]?.options.signal?.aborted).toBe(true);
    expect(byTestId("action-outcome")?.textContent).toBe("Cancelled: nothing was changed.");
    submit();
    act(() => {
      context.ui.dialog.value = null;
    });
    await settle();
    expect(runs[1]?.options.signal?.aborted).toBe(true);
  });

  it("says why it failed", async () => {
    open();
    await settle();
    submit();
    runs[0]?.reject(new Error("There is no such action."));
    await settle();
    expect(host.querySelector("[role=alert]")?.textContent).toBe("There is no such action.");
    expect(byTestId("action-run")).not.toBeNull();
  });
});
