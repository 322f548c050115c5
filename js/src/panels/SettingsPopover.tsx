import type { FunctionComponent } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useAnnotator } from "./context";
import { IconButton } from "./IconButton";
import { X } from "./icons";
import { KeysTable } from "./KeysTable";
import { ObjectsTab, PictureTab, PlayerTab } from "./SettingsTabs";

const TABS: readonly { readonly name: string; readonly content: FunctionComponent }[] = [
  { name: "Player", content: PlayerTab },
  { name: "Picture", content: PictureTab },
  { name: "Objects", content: ObjectsTab },
  { name: "Keys", content: KeysTable },
];

export function SettingsPopover() {
  return useAnnotator().ui.settings.value ? <Popover /> : null;
}

/** Beside the canvas, not over it: what a setting does is seen at once. */
function Popover() {
  const { ui } = useAnnotator();
  const [open, setOpen] = useState(2);
  const tabs = useRef<HTMLDivElement>(null);
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const root = element.current?.closest<HTMLElement>(".cvw-root");
    return () => root?.focus({ preventScroll: true });
  }, []);
  const Content = TABS[open]?.content ?? PlayerTab;
  const move = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const next = (open + step + TABS.length) % TABS.length;
    setOpen(next);
    tabs.current?.querySelectorAll<HTMLElement>("[role=tab]")[next]?.focus();
  };
  return (
    <div ref={element} class="cvw-popover cvw-settings" role="dialog" aria-label="Settings" data-testid="settings">
      <div class="cvw-dialog-head">
        <h2>Settings</h2>
        <IconButton
          icon={X}
          label="Close (Esc)"
          small
          onClick={() => {
            ui.settings.value = false;
          }}
        />
      </div>
      <div ref={tabs} class="cvw-tabs" role="tablist" aria-label="Settings" onKeyDown={move}>
        {TABS.map(({ name }, index) => (
          <button
            key={name}
            type="button"
            role="tab"
            class="cvw-tab"
            aria-selected={index === open}
            tabIndex={index === open ? 0 : -1}
            onClick={() => setOpen(index)}
          >
            {name}
          </button>
        ))}
      </div>
      <div class="cvw-settings-body" role="tabpanel" aria-label={TABS[open]?.name}>
        <Content />
      </div>
    </div>
  );
}
