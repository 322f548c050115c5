/** Zoom. Default keys are CVAT's. */
import { hasSelection } from "./conditions";
import type { Action } from "./context";

export const viewActions: readonly Action[] = [
  { id: "fit", label: "Fit the picture", group: "View", keys: ["shift+f"], run: ({ scene }) => scene.fit() },
  { id: "zoom-in", label: "Zoom in", group: "View", keys: ["ctrl+="], run: ({ scene }) => scene.zoomBy(1.25) },
  { id: "zoom-out", label: "Zoom out", group: "View", keys: ["ctrl+-"], run: ({ scene }) => scene.zoomBy(0.8) },
  {
    id: "focus",
    label: "Zoom to the selected object",
    group: "View",
    keys: ["z"],
    enabled: hasSelection,
    run: ({ editor, scene }) => {
      const [id] = editor.selection.peek();
      if (id !== undefined) scene.focusObject(id);
    },
  },
];
