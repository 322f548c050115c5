/** Undo, save, and what opens over the rest. Default keys are CVAT's. */
import { writable } from "./conditions";
import type { Action } from "./context";

function toggle(open: { value: boolean; peek(): boolean }): void {
  open.value = !open.peek();
}

export const generalActions: readonly Action[] = [
  {
    id: "undo",
    label: "Undo",
    group: "General",
    keys: ["ctrl+z"],
    enabled: (context) =>
      writable(context) &&
      (context.editor.document.history.value.undo !== null || context.editor.document.pendingCount.value > 0),
    run: (context) => context.undo(),
  },
  {
    id: "redo",
    label: "Redo",
    group: "General",
    keys: ["ctrl+shift+z", "ctrl+y"],
    enabled: (context) => writable(context) && context.editor.document.history.value.redo !== null,
    run: (context) => context.redo(),
  },
  {
    id: "save",
    label: "Save (everything is saved as you work)",
    group: "General",
    keys: ["ctrl+s"],
    run: (context) => {
      context.flush();
      const waiting = context.editor.document.pendingCount.peek();
      context.editor.toast("info", waiting === 0 ? "Everything is saved already." : `${waiting} edits are on their way.`);
    },
  },
  { id: "help", label: "Shortcuts", group: "General", keys: ["f1"], run: ({ ui }) => toggle(ui.help) },
  { id: "settings", label: "Settings", group: "General", keys: ["f2"], run: ({ ui }) => toggle(ui.settings) },
];
