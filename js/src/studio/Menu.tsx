/** A button with a menu below it, by mouse and by arrow keys. */
import type { LucideIcon } from "lucide-preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

export interface MenuItem {
  readonly label: string;
  readonly run?: () => void;
  /** Opened in a tab of its own. */
  readonly href?: string;
  readonly danger?: boolean;
}

export function Menu({ icon: Icon, label, items }: { icon: LucideIcon; label: string; items: readonly MenuItem[] }) {
  const [open, setOpen] = useState(false);
  const place = useRef<HTMLSpanElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (!open) return;
    list.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus();
    list.current?.scrollIntoView({ block: "nearest" });
    const outside = (event: PointerEvent): void => {
      if (!place.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", outside, true);
    return () => document.removeEventListener("pointerdown", outside, true);
  }, [open]);
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  const move = (event: KeyboardEvent): void => {
    if (event.key === "Escape" || event.key === "Tab") {
      if (event.key === "Escape") event.stopPropagation();
      close();
      return;
    }
    const all = [...(list.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    all.at(next % all.length)?.focus();
  };
  return (
    <span ref={place} class="cvs-menu-place">
      <button
        ref={button}
        type="button"
        class="cvw-icon-button"
        title={label}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon size={17} strokeWidth={1.75} aria-hidden="true" />
      </button>
      {open && (
        <div ref={list} class="cvw-menu cvs-menu" role="menu" aria-label={label} tabIndex={-1} onKeyDown={move}>
          {items.map((item) =>
            item.href ? (
              <a
                key={item.label}
                class="cvw-menu-item"
                role="menuitem"
                href={item.href}
                target="_blank"
                rel="noopener noreferrer"
              >
                {item.label}
              </a>
            ) : (
              <button
                key={item.label}
                type="button"
                role="menuitem"
                class={`cvw-menu-item${item.danger ? " cvs-menu-danger" : ""}`}
                onClick={() => {
                  close();
                  item.run?.();
                }}
              >
                {item.label}
              </button>
            ),
          )}
        </div>
      )}
    </span>
  );
}

/** The entry of a menu that opens an issue tracker, if there is one that may be opened. */
export function trackerItem(link: string): readonly MenuItem[] {
  return /^https?:\/\//i.test(link) ? [{ label: "Issue tracker", href: link }] : [];
}
