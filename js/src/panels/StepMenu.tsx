/** What the buttons beside play go to: every frame, those with objects, or those without. */
import { useAnnotator } from "./context";
import { PopupMenu } from "./PopupMenu";

const CHOICES = [
  ["frame", "Next and previous frame"],
  ["annotated", "Frames with objects that match the filter"],
  ["empty", "Frames without objects"],
] as const;

export function StepMenu() {
  const { ui } = useAnnotator();
  const at = ui.stepMenu.value;
  if (!at) return null;
  const close = (): void => {
    ui.stepMenu.value = null;
    at.querySelector("button")?.focus({ preventScroll: true });
  };
  return (
    <PopupMenu
      name="step-menu"
      label="What the button goes to"
      at={at}
      first="[aria-checked=true]"
      onKey={(event, items) => {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (step) items.at((items.indexOf(event.target as HTMLElement) + step) % items.length)?.focus();
        else if (event.key === "Escape" || event.key === "Tab") close();
        else return false;
        return true;
      }}
      onClose={close}
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
    </PopupMenu>
  );
}
