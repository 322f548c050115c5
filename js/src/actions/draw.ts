/** Drawing and its end. Default keys are CVAT's. */
import { writable } from "./conditions";
import type { Action, Context } from "./context";

function startDrawing(context: Context): void {
  const { editor, tools, ui } = context;
  if (tools.complete()) return;
  if (editor.tool.peek() === "select") editor.tool.value = ui.lastTool.peek();
}

export const drawActions: readonly Action[] = [
  { id: "draw", label: "Draw, and finish drawing", group: "Draw", keys: ["n"], enabled: writable, run: startDrawing },
  {
    id: "cancel",
    label: "Cancel; again: back to selecting, then leave the annotator",
    group: "Draw",
    keys: ["escape"],
    run: ({ editor, tools, ui }) => {
      if (ui.closeOverlay() || tools.cancel()) return;
      if (editor.tool.peek() !== "select") editor.tool.value = "select";
      else if (editor.selection.peek().length > 0) editor.selection.value = [];
      else ui.leave.value += 1;
    },
  },
];
