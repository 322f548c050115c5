/** Masks: how they are drawn, and what they can be made into. Shift+1 to Shift+4 are CVAT's. */
import type { ObjectState } from "../document/records";
import type { Convertible } from "../geometry/convert";
import { withSecondBundle } from "../second-bundle";
import { editMask } from "../tools/mask/open";
import type { MaskTool } from "../tools/mask/options";
import { editing, selected, writable } from "./conditions";
import type { Action, Context } from "./context";
import { canConvert } from "./convertible";

const drawing = ({ editor }: Context) => editor.tool.value === "mask";

function useTool(id: MaskTool, label: string, key: string): Action {
  return {
    id: `mask-${id}`,
    label,
    group: "Draw",
    keys: [key],
    enabled: writable,
    run: ({ editor, ui }) => {
      ui.lastTool.value = "mask";
      editor.tool.value = "mask";
      editor.masks.choose(id);
    },
  };
}

function makeInto(to: Convertible, key: string): Action {
  return {
    id: `to-${to}`,
    label: `Make into a ${to}`,
    group: "Objects",
    keys: [key],
    enabled: (c) => editing(c) && selected(c).some((state) => canConvert(state, to)),
    run: (c) => withSecondBundle(c.editor, "The conversion", (bundle) => bundle.convert(c.editor, selected(c), to)),
  };
}

export const maskActions: readonly Action[] = [
  useTool("brush", "Mask: brush", "shift+1"),
  useTool("eraser", "Mask: eraser", "shift+2"),
  useTool("polygon-plus", "Mask: add a polygon", "shift+3"),
  useTool("polygon-minus", "Mask: take a polygon away", "shift+4"),
  {
    id: "mask-smaller",
    label: "Mask: smaller brush",
    group: "Draw",
    keys: ["["],
    enabled: drawing,
    run: ({ editor }) => editor.masks.stepSize(-1),
  },
  {
    id: "mask-larger",
    label: "Mask: larger brush",
    group: "Draw",
    keys: ["]"],
    enabled: drawing,
    run: ({ editor }) => editor.masks.stepSize(1),
  },
  {
    id: "mask-form",
    label: "Mask: round or square brush",
    group: "Draw",
    keys: ["t b"],
    enabled: writable,
    run: ({ editor: { masks } }) => {
      masks.form.value = masks.form.peek() === "circle" ? "square" : "circle";
    },
  },
  {
    id: "remove-underlying",
    label: "Mask: remove underlying pixels",
    group: "Draw",
    keys: ["t u"],
    enabled: writable,
    run: ({ editor }) => {
      const { removeUnderlying } = editor.masks;
      removeUnderlying.value = !removeUnderlying.peek();
      editor.announce(`Underlying pixels are ${removeUnderlying.peek() ? "removed" : "kept"}`);
    },
  },
  {
    id: "hide-drawn-mask",
    label: "Mask: hide it while drawing (H)",
    group: "Draw",
    keys: ["t i"],
    enabled: writable,
    run: ({ editor: { masks } }) => {
      masks.hidden.value = !masks.hidden.peek();
    },
  },
  {
    id: "edit-mask",
    label: "Change the mask",
    group: "Objects",
    keys: ["t e"],
    enabled: (c) => editing(c) && selected(c).length === 1 && selected(c)[0]?.type === "mask",
    run: (c) => {
      const [state] = selected(c);
      if (state) editMask(c.editor, state);
    },
  },
  makeInto("polygon", "t p"),
  makeInto("mask", "t m"),
  makeInto("rectangle", "t r"),
];

/** The actions of this file that a menu offers for an object. */
export function maskItems(state: ObjectState): string[] {
  const targets = (["polygon", "mask", "rectangle"] as const).filter((to) => canConvert(state, to));
  return [...(state.type === "mask" ? ["edit-mask"] : []), ...targets.map((to) => `to-${to}`)];
}
