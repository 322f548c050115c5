/** What opens over the rest. */
import { withSecondBundle } from "../second-bundle";
import { writable } from "./conditions";
import type { Action, Context, DialogName } from "./context";

function toggle(name: DialogName): (context: Context) => void {
  return ({ ui }) => {
    ui.dialog.value = ui.dialog.peek() === name ? null : name;
  };
}

/** The page of the task where there is one around the annotator; a dialog where it stands alone. */
function openTask(context: Context): void {
  const { id } = context.editor.info.task;
  const event = new CustomEvent("cvw-open-task", { bubbles: true, cancelable: true, detail: id });
  if (context.scene.host.dispatchEvent(event)) toggle("task")(context);
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
  {
    id: "menu",
    label: "Menu of the job",
    group: "General",
    keys: ["f10"],
    run: ({ ui }) => {
      ui.menu.value = !ui.menu.peek();
    },
  },
  { id: "export", label: "Export as a dataset", group: "General", keys: [], run: toggle("export") },
  { id: "import", label: "Upload annotations", group: "General", keys: [], enabled: writable, run: toggle("import") },
  { id: "task", label: "Open the task", group: "General", keys: [], run: openTask },
  {
    id: "finish",
    label: "Finish the job",
    group: "Review",
    keys: [],
    enabled: (context) => writable(context) && context.editor.review.value.state !== "completed",
    run: ({ editor }) => withSecondBundle(editor, "Finishing the job", ({ finishJob }) => finishJob(editor)),
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
