/** Rules and groups of the filter builder on their way to another place: dragged by their grip, or by Alt and the arrows on it. */
import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { canMove, type Direction, moveNode, nodeAt, pathAfter, type Slot, slotBeside, staysThere } from "../filter/moves";
import type { Group, Path } from "../filter/tree";

/** CSS pixels at the upper and lower border of a group that still belong to what is around it. */
const BORDER = 9;
/** So near to the border of what scrolls, a drag scrolls it, by so many CSS pixels a move. */
const SCROLL_ZONE = 36;
const SCROLL_STEP = 12;
/** Half of the room between two rows. */
const HALF_GAP = 3;

const DIRECTIONS: Readonly<Record<string, Direction>> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowRight: "in",
  ArrowLeft: "out",
};

export const keyOf = (path: Path): string => path.join(".");

/** Where what is dragged would go, in CSS pixels from the top left of the builder. */
export interface DropLine {
  readonly left: number;
  readonly top: number;
  readonly width: number;
}

export interface Moving {
  /** Key of what is dragged. */
  readonly dragged: string | null;
  readonly line: DropLine | null;
  readonly grip: (path: Path) => {
    readonly onPointerDown: (event: PointerEvent) => void;
    readonly onPointerMove: (event: PointerEvent) => void;
    readonly onPointerUp: () => void;
    readonly onLostPointerCapture: () => void;
    readonly onKeyDown: (event: KeyboardEvent) => void;
  };
}

function rowsOf(group: Element): readonly Element[] {
  return [...group.children].filter((child) => child.hasAttribute("data-node"));
}

/** The slot under the pointer, in the innermost group that may take the node, and where its line is drawn. */
function slotUnder(builder: Element, root: Group, from: Path, y: number): { slot: Slot; line: DropLine } | null {
  let group: Path = [];
  let element = builder.querySelector('[data-node=""]');
  for (;;) {
    if (!element) return null;
    const rows = rowsOf(element);
    const boxes = rows.map((row) => row.getBoundingClientRect());
    const inner = boxes.findIndex(({ top, bottom }, index) => {
      const path = [...group, index];
      const within = y > top + BORDER && y < bottom - BORDER;
      return within && nodeAt(root, path)?.kind === "group" && canMove(root, from, { group: path, index: 0 });
    });
    if (inner >= 0) {
      group = [...group, inner];
      element = rows[inner] ?? null;
      continue;
    }
    const after = boxes.findIndex(({ top, bottom }) => y < (top + bottom) / 2);
    const index = after < 0 ? boxes.length : after;
    const slot = { group, index };
    if (!canMove(root, from, slot) || staysThere(from, slot)) return null;
    const [outer, own] = [builder.getBoundingClientRect(), element.getBoundingClientRect()];
    const above = index === 0 ? element.firstElementChild?.getBoundingClientRect() : boxes[index - 1];
    const top = (above?.bottom ?? own.top) + HALF_GAP - outer.top;
    return { slot, line: { left: own.left - outer.left + 8, top, width: own.width - 16 } };
  }
}

function scrollAlong(builder: Element, y: number): void {
  const body = builder.closest(".cvw-dialog-body");
  if (!body) return;
  const { top, bottom } = body.getBoundingClientRect();
  if (y < top + SCROLL_ZONE) body.scrollTop -= SCROLL_STEP;
  else if (y > bottom - SCROLL_ZONE) body.scrollTop += SCROLL_STEP;
}

/**
 * @param builder The element around the groups, to which the line is positioned.
 * @param move Makes this the filter.
 * @param say What is read to people who do not see the screen.
 */
export function useMoving(
  builder: RefObject<HTMLElement>,
  root: Group,
  move: (root: Group) => void,
  say: (text: string) => void,
): Moving {
  const [dragged, setDragged] = useState<Path | null>(null);
  const [target, setTarget] = useState<{ slot: Slot; line: DropLine } | null>(null);
  /** The grip that has the focus once the node is at its new place. */
  const focused = useRef<string | null>(null);

  useLayoutEffect(() => {
    if (focused.current === null) return;
    builder.current?.querySelector<HTMLElement>(`[data-grip="${focused.current}"]`)?.focus({ preventScroll: true });
    focused.current = null;
  });

  const finish = (from: Path, slot: Slot): void => {
    const next = moveNode(root, from, slot);
    if (next === root) return;
    const path = pathAfter(from, slot);
    const parent = nodeAt(next, path.slice(0, -1));
    const count = parent?.kind === "group" ? parent.children.length : 0;
    const what = nodeAt(root, from)?.kind === "group" ? "Group" : "Rule";
    const where = path.length === 1 ? "the filter" : `a group at level ${path.length - 1}`;
    focused.current = keyOf(path);
    move(next);
    say(`${what} moved: ${(path.at(-1) ?? 0) + 1} of ${count} in ${where}`);
  };
  const stop = (): void => {
    setDragged(null);
    setTarget(null);
  };

  return {
    dragged: dragged && keyOf(dragged),
    line: target?.line ?? null,
    grip: (path) => ({
      onPointerDown: (event) => {
        if (event.button !== 0) return;
        (event.currentTarget as Element).setPointerCapture?.(event.pointerId);
        setDragged(path);
      },
      onPointerMove: (event) => {
        if (!dragged || !builder.current) return;
        scrollAlong(builder.current, event.clientY);
        setTarget(slotUnder(builder.current, root, dragged, event.clientY));
      },
      onPointerUp: () => {
        if (dragged && target) finish(dragged, target.slot);
        stop();
      },
      onLostPointerCapture: stop,
      onKeyDown: (event) => {
        if (event.key === "Escape" && dragged) stop();
        else {
          const direction = DIRECTIONS[event.key];
          if (!direction || event.ctrlKey || event.metaKey || event.shiftKey) return;
          const slot = slotBeside(root, path, direction);
          if (slot) finish(path, slot);
          else say("It cannot go further that way.");
        }
        event.preventDefault();
        event.stopPropagation();
      },
    }),
  };
}
