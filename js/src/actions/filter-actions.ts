/** The filter of a view: setting it, and going where it matches. */
import { batch } from "@preact/signals";
import type { Editor } from "../editor";
import { type JsonLogic, parseText, toLogic } from "../filter/tree";
import type { Action } from "./context";
import { seekFound } from "./player";

const RECENT = 10;
/** Longer filters work but are not remembered: the store keeps small settings only. */
const LONGEST_RECENT = 2000;

/** Show only the objects that match, or all again; what is no longer there is no longer selected. */
export function applyFilter(editor: Editor, logic: JsonLogic | null): void {
  batch(() => {
    editor.filter.value = logic;
    if (!logic) return;
    const { matcher } = editor.filtering.peek();
    const frame = editor.frame.peek();
    editor.selection.value = editor.selection.peek().filter((id) => {
      const state = editor.document.stateOf(id, frame);
      return !state || state.outside || !matcher || matcher.test(state);
    });
    const text = JSON.stringify(logic);
    if (text.length > LONGEST_RECENT) return;
    const others = editor.settings.peek().recentFilters.filter((each) => each !== text);
    editor.setSetting("recentFilters", [text, ...others].slice(0, RECENT));
  });
  const count = editor.objects.peek().length;
  editor.announce(logic ? `${count} objects on this frame match the filter` : "The filter is off");
}

/** Filters used last that can still be read. */
export function recentFilters(editor: Editor): readonly JsonLogic[] {
  return editor.settings.value.recentFilters.flatMap((text) => {
    try {
      const logic = toLogic(parseText(text));
      return logic ? [logic] : [];
    } catch {
      return [];
    }
  });
}

export const filterActions: readonly Action[] = [
  {
    id: "filter",
    label: "Filter objects",
    group: "View",
    keys: [],
    run: ({ ui }) => {
      ui.dialog.value = ui.dialog.peek() === "filter" ? null : "filter";
    },
  },
  {
    id: "clear-filter",
    label: "Show all objects again",
    group: "View",
    keys: [],
    enabled: ({ editor }) => editor.filter.value !== null,
    run: ({ editor }) => applyFilter(editor, null),
  },
  {
    id: "next-filtered",
    label: "Next frame that matches the filter",
    group: "Player",
    keys: [],
    enabled: ({ editor }) => editor.filtering.value.matcher !== null,
    run: (context) => seekFound(context, 1, false),
  },
  {
    id: "previous-filtered",
    label: "Previous frame that matches the filter",
    group: "Player",
    keys: [],
    enabled: ({ editor }) => editor.filtering.value.matcher !== null,
    run: (context) => seekFound(context, -1, false),
  },
];
