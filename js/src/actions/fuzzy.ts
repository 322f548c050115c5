/** How well a few typed letters fit a text: all of them in order, better at the beginnings of words and side by side. */

export interface Match {
  /** Higher is better. */
  readonly score: number;
  /** Indices of the letters that fit. */
  readonly at: readonly number[];
}

const START = 8;
const NEIGHBOUR = 5;
const GAP = 0.15;

function isStart(text: string, index: number): boolean {
  return index === 0 || !/[\p{L}\p{N}]/u.test(text[index - 1] as string);
}

/** The best way to find the letters of `query` in `text`, null if there is none. Spaces of the query are passed over. */
export function fuzzyMatch(query: string, text: string): Match | null {
  const wanted = query.toLowerCase().replaceAll(/\s+/g, "");
  const lower = text.toLowerCase();
  if (wanted === "") return { score: 0, at: [] };
  /** For each end of what was found so far: the best score, and where the letter before was. */
  let ends = new Map<number, number>();
  const before: Map<number, number>[] = [];
  for (let i = 0; i < wanted.length; i++) {
    const next = new Map<number, number>();
    const from = new Map<number, number>();
    for (let at = i; at < lower.length; at++) {
      if (lower[at] !== wanted[i]) continue;
      const own = 1 + (isStart(lower, at) ? START : 0);
      if (i === 0) {
        next.set(at, own - at * GAP);
        continue;
      }
      let best = Number.NEGATIVE_INFINITY;
      for (const [end, score] of ends) {
        if (end >= at) continue;
        const total = score + own + (end === at - 1 ? NEIGHBOUR : -GAP * (at - end));
        if (total > best) {
          best = total;
          from.set(at, end);
        }
      }
      if (best > Number.NEGATIVE_INFINITY) next.set(at, best);
    }
    if (next.size === 0) return null;
    ends = next;
    before.push(from);
  }
  let [end, score] = [-1, Number.NEGATIVE_INFINITY];
  for (const [at, total] of ends) if (total > score) [end, score] = [at, total];
  const at = [end];
  for (let i = wanted.length - 1; i > 0; i--) at.unshift(before[i]?.get(at[0] as number) as number);
  return { score, at };
}

/** The fitting ones of a list, best first; without a query all of them as they were. */
export function fuzzyFilter<T>(query: string, list: readonly T[], textOf: (each: T) => string): { item: T; match: Match }[] {
  const found = list.flatMap((item) => {
    const match = fuzzyMatch(query, textOf(item));
    return match ? [{ item, match }] : [];
  });
  return query.trim() === "" ? found : found.sort((a, b) => b.match.score - a.match.score);
}
