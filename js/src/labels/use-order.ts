/** The order of labels while it is changed, by drag or by keys; what comes to rest is saved as one change. */
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { LabelSpec } from "./spec";
import { moved } from "./spec";

/** So long after the last key the order is saved: labels go far with a key held, and it is one change. */
const REST_MS = 400;

export interface LabelOrder {
  /** The labels as they are shown now. */
  readonly labels: readonly LabelSpec[];
  /** Id of the label that is dragged. */
  readonly dragged: number | null;
  readonly grip: (label: LabelSpec) => {
    readonly onPointerDown: (event: PointerEvent) => void;
    readonly onPointerMove: (event: PointerEvent) => void;
    readonly onPointerUp: () => void;
    readonly onPointerCancel: () => void;
    readonly onKeyDown: (event: KeyboardEvent) => void;
    readonly onBlur: () => void;
  };
}

/**
 * @param save Makes these the labels; says whether they are now.
 * @param say What is read to people who do not see the screen.
 */
export function useOrder(
  list: RefObject<HTMLElement>,
  present: readonly LabelSpec[],
  save: (labels: readonly LabelSpec[]) => Promise<boolean>,
  say: (text: string) => void,
): LabelOrder {
  const [order, setOrder] = useState<readonly LabelSpec[] | null>(null);
  const [dragged, setDragged] = useState<number | null>(null);
  const waiting = useRef(0);
  const latest = useRef(order);
  latest.current = order;
  const focused = useRef<number | null>(null);
  const labels = order ?? present;

  // Rows that change places lose the focus on their way.
  useLayoutEffect(() => {
    if (focused.current === null) return;
    list.current?.querySelector<HTMLElement>(`[data-grip="${focused.current}"]`)?.focus({ preventScroll: true });
  });

  const finish = (): void => {
    window.clearTimeout(waiting.current);
    waiting.current = 0;
    const wanted = latest.current;
    if (wanted === null) return;
    const changed = wanted.some(({ id }, index) => id !== present[index]?.id);
    void (changed ? save(wanted) : Promise.resolve(true)).then(() => {
      if (latest.current === wanted) setOrder(null);
    });
  };
  const finished = useRef(finish);
  finished.current = finish;
  useEffect(
    () => () => {
      if (waiting.current) finished.current();
    },
    [],
  );
  const show = (id: number, to: number): void => {
    const from = labels.findIndex((label) => label.id === id);
    if (from < 0 || to < 0 || to >= labels.length || to === from) return;
    setOrder(moved(labels, from, to));
    say(`${labels[from]?.name}: ${to + 1} of ${labels.length}`);
  };
  const giveUp = (): void => {
    window.clearTimeout(waiting.current);
    waiting.current = 0;
    setDragged(null);
    setOrder(null);
  };

  return {
    labels,
    dragged,
    grip: (label) => ({
      onPointerDown: (event) => {
        if (event.button !== 0) return;
        (event.currentTarget as Element).setPointerCapture?.(event.pointerId);
        focused.current = label.id;
        setDragged(label.id);
      },
      onPointerMove: (event) => {
        if (dragged !== label.id) return;
        const rows = [...(list.current?.children ?? [])];
        const under = rows.findIndex((row) => {
          const { top, bottom } = row.getBoundingClientRect();
          return event.clientY >= top && event.clientY <= bottom;
        });
        const ends = rows.at(-1)?.getBoundingClientRect().bottom ?? 0;
        show(label.id, under >= 0 ? under : event.clientY > ends ? labels.length - 1 : -1);
      },
      onPointerUp: () => {
        if (dragged === null) return;
        setDragged(null);
        finish();
      },
      onPointerCancel: giveUp,
      onKeyDown: (event) => {
        if (event.key === "Escape" && order !== null) giveUp();
        else {
          const at = labels.findIndex(({ id }) => id === label.id);
          const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: labels.length - 1 }[event.key];
          if (to === undefined) return;
          focused.current = label.id;
          show(label.id, to);
          window.clearTimeout(waiting.current);
          waiting.current = window.setTimeout(() => finished.current(), REST_MS);
        }
        event.preventDefault();
        event.stopPropagation();
      },
      onBlur: () => {
        // Not on its way to another place, but left.
        requestAnimationFrame(() => {
          const root = list.current?.getRootNode() as Document | ShadowRoot | undefined;
          if (root?.activeElement?.getAttribute("data-grip") !== String(label.id)) focused.current = null;
        });
      },
    }),
  };
}
