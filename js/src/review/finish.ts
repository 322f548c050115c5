/** Finishing the job from a menu or the palette: what comes of it is said beside the canvas. */
import type { Editor } from "../editor";
import type { Verdict } from "./issues";
import { reviewOf } from "./model";

export const percent = (value: number | null): string =>
  value === null ? "nothing to measure" : `${Math.round(value * 1000) / 10} %`;

/** How good the job is, in a sentence; nobody may have said. */
export function verdictText(verdict: Verdict | null): string {
  if (!verdict) return "The job is completed.";
  const { metric, value, threshold, passed, attempts_left: left } = verdict;
  const found = `The job is completed: the ${metric} is ${percent(value)}, at least ${percent(threshold)} is asked for.`;
  return passed || !left ? found : `${found} Look through it once more and finish again.`;
}

export async function finishJob(editor: Editor): Promise<void> {
  try {
    const verdict = await reviewOf(editor).finish();
    editor.toast(verdict && !verdict.passed ? "warning" : "info", verdictText(verdict));
  } catch {
    // It was told already.
  }
}
