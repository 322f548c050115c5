/** The panel of detectors and trackers. */
import type { Action } from "./context";

export const modelActions: readonly Action[] = [
  {
    id: "models",
    label: "AI tools: models, detectors, trackers",
    group: "Objects",
    keys: [],
    run: ({ ui }) => {
      ui.settings.value = false;
      ui.models.value = !ui.models.peek();
    },
  },
];
