/** The frame of every dialog: a title, a cross, and what is inside; there while `ui.dialog` has its name. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { DialogName } from "../actions/context";
import { useAnnotator } from "./context";
import { IconButton } from "./IconButton";
import { X } from "./icons";

export interface DialogProps {
  readonly name: DialogName;
  readonly title: string;
  /** Made anew each time the dialog opens. */
  readonly children: ComponentChildren;
  readonly wide?: boolean;
}

export function Dialog(props: DialogProps) {
  return useAnnotator().ui.dialog.value === props.name ? <Open {...props} /> : null;
}

function Open({ name, title, children, wide }: DialogProps) {
  const { ui } = useAnnotator();
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const dialog = element.current;
    const root = dialog?.closest<HTMLElement>(".cvw-root");
    const first = dialog?.querySelector<HTMLElement>(
      ".cvw-dialog-body input, .cvw-dialog-body select, .cvw-dialog-body button",
    );
    (first ?? dialog)?.focus({ preventScroll: true });
    return () => root?.focus({ preventScroll: true });
  }, []);
  const close = (): void => {
    ui.dialog.value = null;
  };
  return (
    <div class="cvw-overlay" data-testid={name}>
      <div
        ref={element}
        class={`cvw-dialog${wide ? " cvw-dialog-wide" : ""}`}
        role="dialog"
        aria-modal="true"
        aria-label={title}
        tabIndex={-1}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          close();
        }}
      >
        <div class="cvw-dialog-head">
          <h2>{title}</h2>
          <IconButton icon={X} label="Close (Esc)" small onClick={close} />
        </div>
        <div class="cvw-dialog-body">{children}</div>
      </div>
    </div>
  );
}
