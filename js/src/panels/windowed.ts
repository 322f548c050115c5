/** The part of a long list that is in the page: the rows in view and some beside them. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

export interface ListWindow {
  readonly first: number;
  /** Not included. */
  readonly last: number;
  /** Pixels that the rows above and below would take. */
  readonly before: number;
  readonly after: number;
}

/** Rows that lie between `top` and `bottom`, in pixels from the top of the list. */
export function windowOf(heights: readonly number[], top: number, bottom: number): ListWindow {
  let first = 0;
  let before = 0;
  while (first < heights.length && before + (heights[first] as number) <= top) before += heights[first++] as number;
  let last = first;
  let end = before;
  while (last < heights.length && end < bottom) end += heights[last++] as number;
  let after = 0;
  for (let row = last; row < heights.length; row++) after += heights[row] as number;
  return { first, last, before, after };
}

/** Of a row that was not yet seen. */
const GUESS = 61;
/** Pixels above and below the view that are filled, too, so that scrolling shows no gap. */
const SPARE = 400;

/**
 * A window on rows that are named by `ids` and carry `data-object`. Heights are measured once a row is there, so that rows that
 * were opened may be higher than others. `active` is brought into view when it changes.
 */
export function useWindow(ids: readonly number[], active: number | undefined) {
  const list = useRef<HTMLDivElement>(null);
  const known = useRef(new Map<number, number>()).current;
  const [view, setView] = useState({ top: 0, height: 800 });
  const [, measureAgain] = useState(0);
  const heights = ids.map((id) => known.get(id) ?? GUESS);
  const shown = windowOf(heights, view.top - SPARE, view.top + view.height + SPARE);

  const look = (): void => {
    const element = list.current;
    if (!element) return;
    const { scrollTop: top, clientHeight: height } = element;
    setView((before) => (before.top === top && before.height === height ? before : { top, height }));
  };
  useEffect(() => {
    const observer = new ResizeObserver(look);
    if (list.current) observer.observe(list.current);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    let changed = false;
    for (const row of list.current?.querySelectorAll<HTMLElement>("[data-object]") ?? []) {
      const id = Number(row.dataset.object);
      if (known.get(id) === row.offsetHeight || row.offsetHeight === 0) continue;
      known.set(id, row.offsetHeight);
      changed = true;
    }
    if (changed) measureAgain((count) => count + 1);
  });
  useEffect(() => {
    const element = list.current;
    const row = active === undefined ? -1 : ids.indexOf(active);
    if (!element || row < 0) return;
    let top = 0;
    for (let other = 0; other < row; other++) top += heights[other] as number;
    const bottom = top + (heights[row] as number);
    if (top < element.scrollTop) element.scrollTop = top;
    else if (bottom > element.scrollTop + element.clientHeight) element.scrollTop = bottom - element.clientHeight;
  }, [active]);
  return { list, shown, look };
}
