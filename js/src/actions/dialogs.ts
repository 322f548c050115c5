/** What opens over the rest. */
import { writable } from "./conditions";
import type { Action, Context, DialogName } from "./context";

function toggle(name: DialogName): (context: Context) => void {
  return ({ ui }) => {
    ui.dialog.value = ui.dialog.peek() === name ? null : name;
  };
}

export const dialogActions: readonly Action[] = [
  // Firefox keeps Ctrl+Shift+P for itself.
  {
    id: "palette",
    label: "Find a command or a label",
    group: "General",
    keys: ["ctrl+k", "ctrl+shift+p"],
    run: toggle("palette"),
  },
  { id: "edit-labels", label: "Edit labels", group: "General", keys: [], enabled: writable, run: toggle("labels") },
  { id: "statistics", label: "Statistics of the job", group: "General", keys: [], run: toggle("statistics") },
  { id: "job", label: "Stage, state and people of the job", group: "Review", keys: [], run: toggle("job") },
  {
    id: "guide",
    label: "Guide of the task",
    group: "General",
    keys: [],
    enabled: ({ editor }) => editor.review.value.guide !== "none",
    run: toggle("guide"),
  },
  { id: "keys", label: "Change keys", group: "General", keys: [], run: toggle("keys") },
];
