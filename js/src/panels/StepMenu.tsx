/** What the buttons beside play go to: every frame, those with objects, or those without. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { useAnnotator } from "./context";

const CHOICES = [
  ["frame", "Next and previous frame"],
  ["annotated", "Frames with objects that match the filter"],
  ["empty", "Frames without objects"],
] as const;

export function StepMenu() {
  const { ui } = useAnnotator();
  const menu = useRef<HTMLDivElement>(null);
  const at = ui.stepMenu.value;
  useLayoutEffect(() => {
    const element = menu.current;
    const root = element?.closest(".cvw-root");
    if (!at || !element || !root) return;
    const [outer, button] = [root.getBoundingClientRect(), at.getBoundingClientRect()];
    element.style.left = `${Math.max(0, Math.min(button.left - outer.left, outer.width - element.offsetWidth - 4))}px`;
    element.style.top = `${button.bottom - outer.top + 2}px`;
    element.querySelector<HTMLElement>("[aria-checked=true]")?.focus();
  }, [at]);
  if (!at) return null;
  const close = (): void => {
    ui.stepMenu.value = null;
    at.querySelector("button")?.focus({ preventScroll: true });
  };
  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a click anywhere else closes the menu, as Escape does */}
      <div
        class="cvw-menu-backdrop"
        role="presentation"
        onPointerDown={close}
        onContextMenu={(event) => event.preventDefault()}
      />
      <div
        ref={menu}
        class="cvw-menu"
        role="menu"
        tabIndex={-1}
        aria-label="What the button goes to"
        data-testid="step-menu"
        onKeyDown={(event) => {
          const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
          if (step) {
            const items = [...(menu.current?.querySelectorAll<HTMLElement>("button") ?? [])];
            items[(items.indexOf(event.target as HTMLElement) + step + items.length) % items.length]?.focus();
          } else if (event.key === "Escape" || event.key === "Tab") close();
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      >
        {CHOICES.map(([name, text]) => (
          <button
            key={name}
            type="button"
            role="menuitemradio"
            class="cvw-menu-item"
            aria-checked={ui.stepping.value === name}
            onClick={() => {
              ui.stepping.value = name;
              close();
            }}
          >
            <span>{text}</span>
            {ui.stepping.value === name && <span aria-hidden="true">✓</span>}
          </button>
        ))}
      </div>
    </>
  );
}
