/** What opens over the rest. */
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
  { id: "statistics", label: "Statistics of the job", group: "General", keys: [], run: toggle("statistics") },
  { id: "keys", label: "Change keys", group: "General", keys: [], run: toggle("keys") },
];
