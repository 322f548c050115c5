/** The frame of every menu: it opens at a button or a click, within the widget, and a click anywhere else closes it. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** The button that a menu opens under, or the click that it opens at. */
type Place = Element | { readonly clientX: number; readonly clientY: number };

interface PopupMenuProps {
  readonly name: string;
  readonly label: string;
  readonly at: Place | null | undefined;
  /** Selector of the item that has the focus first. */
  readonly first: string;
  /** What a key does, given the items that can be chosen; true where nothing else may have the key. */
  readonly onKey: (event: KeyboardEvent, items: readonly HTMLElement[]) => boolean;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

function cornerOf(at: Place): readonly [clientX: number, clientY: number] {
  if (!(at instanceof Element)) return [at.clientX, at.clientY];
  const { left, bottom } = at.getBoundingClientRect();
  return [left, bottom + 2];
}

export function PopupMenu({ name, label, at, first, onKey, onClose, children }: PopupMenuProps) {
  const menu = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = menu.current;
    const root = element?.closest(".cvw-root");
    if (!at || !element || !root) return;
    const outer = root.getBoundingClientRect();
    const [x, y] = cornerOf(at);
    if (at instanceof Element) element.style.maxHeight = `${outer.bottom - y - 6}px`;
    const { width, height } = element.getBoundingClientRect();
    element.style.left = `${Math.max(0, Math.min(x - outer.left, outer.width - width - 4))}px`;
    element.style.top = `${Math.max(0, Math.min(y - outer.top, outer.height - height - 4))}px`;
    element.querySelector<HTMLElement>(first)?.focus();
  }, [at]);
  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a click anywhere else closes the menu, as Escape does */}
      <div
        class="cvw-menu-backdrop"
        role="presentation"
        onPointerDown={onClose}
        onContextMenu={(event) => event.preventDefault()}
      />
      <div
        ref={menu}
        class={`cvw-menu cvw-${name}`}
        role="menu"
        tabIndex={-1}
        aria-label={label}
        data-testid={name}
        onKeyDown={(event) => {
          const items = event.currentTarget.querySelectorAll<HTMLElement>("[role^=menuitem]:not(:disabled)");
          if (!onKey(event, [...items])) return;
          event.preventDefault();
          event.stopPropagation();
        }}
      >
        {children}
      </div>
    </>
  );
}
