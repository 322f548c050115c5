/** Which of the objects that wait pass a threshold; scores are compared in whole percent, as the kernel does. */
import type { PendingResult } from "../../wire/models";

/** Twin of `percent_of` in cvat_widgets/widgets/model_runs.py. */
export function percentOf(score: number): number {
  return Math.min(100, Math.floor(score * 100 + 1e-9));
}

/** How many objects of a label have at least this score. */
export function countAt(bins: readonly number[], threshold: number): number {
  let count = 0;
  for (let percent = Math.max(0, threshold); percent < bins.length; percent++) count += bins[percent] ?? 0;
  return count;
}

/** How many objects would be written. */
export function totalAt(scores: PendingResult["scores"], threshold: number, without: ReadonlySet<number>): number {
  return Object.entries(scores).reduce(
    (sum, [label, bins]) => (without.has(Number(label)) ? sum : sum + countAt(bins, threshold)),
    0,
  );
}

/** What of a frame would be written. */
export function passing<T extends { readonly score: number; readonly label: number }>(
  objects: readonly T[],
  threshold: number,
  without: ReadonlySet<number>,
): readonly T[] {
  return objects.filter(({ score, label }) => percentOf(score) >= threshold && !without.has(label));
}
