/** The frame of a dialog: it keeps the focus, Escape closes it, and the focus goes back to where it was. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { X } from "./icons";
import { IconButton } from "./parts";

const FOCUSABLE = "button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), a[href]";

export function Modal(props: {
  title: string;
  name: string;
  wide?: boolean;
  onClose: () => void;
  children: ComponentChildren;
}) {
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    const dialog = element.current;
    const first = dialog?.querySelector<HTMLElement>(".cvw-dialog-body :is(input, select, textarea, button)");
    (first ?? dialog)?.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  const keep = (event: KeyboardEvent): void => {
    if (event.key === "Escape") {
      event.stopPropagation();
      props.onClose();
    }
    if (event.key !== "Tab") return;
    const all = [...(element.current?.querySelectorAll<HTMLElement>(FOCUSABLE) ?? [])];
    const end = event.shiftKey ? all[0] : all.at(-1);
    if (document.activeElement !== end && document.activeElement !== element.current) return;
    event.preventDefault();
    (event.shiftKey ? all.at(-1) : all[0])?.focus();
  };
  return (
    <div class="cvw-overlay" data-testid={`dialog-${props.name}`}>
      <div
        ref={element}
        class={`cvw-dialog cvs-dialog${props.wide ? " cvs-dialog-wide" : ""}`}
        role="dialog"
        aria-modal="true"
        aria-label={props.title}
        tabIndex={-1}
        onKeyDown={keep}
      >
        <div class="cvw-dialog-head">
          <h2>{props.title}</h2>
          <IconButton icon={X} label="Close (Esc)" onClick={props.onClose} />
        </div>
        <div class="cvw-dialog-body">{props.children}</div>
      </div>
    </div>
  );
}
