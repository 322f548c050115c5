/** Labels by digit, as in CVAT. */

import type { LabelSpec } from "../document/records";
import { hasSelection, selected, writable } from "./conditions";
import type { Action, Context } from "./context";
import { relabel } from "./objects";

/** Of the selected objects, or of the next one. */
export function applyLabel(context: Context, label: LabelSpec): void {
  if (hasSelection(context)) relabel(context.editor, selected(context), label);
  else {
    context.editor.activeLabel.value = label.id;
    context.editor.announce(`The next object is ${label.name}`);
  }
}

export const labelActions: readonly Action[] = Array.from({ length: 10 }, (_, index) => ({
  id: `label-${index + 1}`,
  label: `Label ${index + 1}: of the selected objects, or of the next one`,
  group: "Labels",
  keys: [`ctrl+${(index + 1) % 10}`],
  enabled: writable,
  run: (context) => {
    const label = context.editor.labels.value[index];
    if (label) applyLabel(context, label);
  },
}));
