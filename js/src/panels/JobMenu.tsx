/** The menu of the job: files in and out, removing, the task, states; by mouse and by arrow keys. */
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { actionOf, run } from "../actions/actions";
import { reviewOf } from "../review/model";
import { useAnnotator } from "./context";
import { KeyHint } from "./IconButton";
import { Check } from "./icons";

/** Dialogs that ask more have dots after their name. */
const ITEMS: readonly (readonly (readonly [id: string, label: string])[])[] = [
  [
    ["import", "Upload annotations…"],
    ["export", "Export as a dataset…"],
    ["remove-range", "Remove annotations…"],
  ],
  [
    ["run-action", "Run actions…"],
    ["statistics", "Statistics"],
    ["guide", "Guide"],
  ],
  [
    ["task", "Open the task"],
    ["job", "Stage and people…"],
  ],
];

const STATES = ["new", "in progress", "rejected", "completed"] as const;

export function JobMenu() {
  return useAnnotator().ui.menu.value ? <Open /> : null;
}

function Open() {
  const context = useAnnotator();
  const { editor, ui } = context;
  const menu = useRef<HTMLDivElement>(null);
  const review = reviewOf(editor);
  useLayoutEffect(() => {
    const element = menu.current;
    const root = element?.closest(".cvw-root");
    const button = root?.querySelector("[data-testid=action-menu]");
    if (!element || !root || !button) return;
    const [outer, place] = [root.getBoundingClientRect(), button.getBoundingClientRect()];
    element.style.left = `${Math.max(0, place.left - outer.left)}px`;
    element.style.top = `${place.bottom - outer.top + 2}px`;
    element.style.maxHeight = `${outer.bottom - place.bottom - 8}px`;
    items()[0]?.focus();
  }, []);
  const items = (): HTMLElement[] => [
    ...(menu.current?.querySelectorAll<HTMLElement>("[role^=menuitem]:not(:disabled)") ?? []),
  ];
  const close = (): void => {
    const root = menu.current?.closest<HTMLElement>(".cvw-root");
    ui.menu.value = false;
    root?.focus({ preventScroll: true });
  };
  const onKey = (event: KeyboardEvent): void => {
    const all = items();
    const at = all.indexOf(event.target as HTMLElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (next !== undefined) all.at(next % all.length)?.focus();
    else if (event.key === "Escape" || event.key === "Tab" || event.key === "F10") close();
    else if (event.key === "Enter" || event.key === " ") (event.target as HTMLElement).click();
    event.preventDefault();
    event.stopPropagation();
  };
  const choose = (act: () => void) => (): void => {
    close();
    act();
  };
  const item = (id: string, label: string): JSX.Element | null => {
    const { enabled } = actionOf(id);
    const possible = enabled ? enabled(context) : true;
    if (id === "guide" && !possible) return null;
    return (
      <button
        key={id}
        type="button"
        role="menuitem"
        class="cvw-menu-item"
        disabled={!possible}
        data-testid={`menu-${id}`}
        onClick={choose(() => run(id, context))}
      >
        <span>{label}</span>
        <KeyHint action={id} />
      </button>
    );
  };
  const { state } = editor.review.value;
  const { readOnly, job, task } = editor.info;
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
        class="cvw-menu cvw-job-menu"
        role="menu"
        tabIndex={-1}
        aria-label="Menu of the job"
        data-testid="job-menu"
        onKeyDown={onKey}
      >
        <div class="cvw-menu-head" role="presentation">
          <span class="cvw-ellipsis">{task.name}</span>
          <span class="cvw-muted">Job {job.id}</span>
        </div>
        {ITEMS.map((group) => (
          <div key={group[0]?.[0]} class="cvw-menu-group" role="none">
            {group.map(([id, label]) => item(id, label))}
          </div>
        ))}
        <fieldset class="cvw-menu-group" aria-label="State of the job">
          {STATES.map((each) => (
            <button
              key={each}
              type="button"
              role="menuitemradio"
              class="cvw-menu-item"
              aria-checked={each === state}
              disabled={readOnly}
              onClick={choose(() => void review.changeJob({ state: each }))}
            >
              <span>State: {each}</span>
              {each === state && <Check size={15} aria-hidden="true" />}
            </button>
          ))}
        </fieldset>
        <div class="cvw-menu-group" role="none">
          {state === "completed" ? (
            <button
              type="button"
              role="menuitem"
              class="cvw-menu-item"
              disabled={readOnly}
              data-testid="menu-renew"
              onClick={choose(() => void review.changeJob({ stage: "annotation", state: "new" }))}
            >
              Renew the job
            </button>
          ) : (
            item("finish", "Finish the job")
          )}
        </div>
      </div>
    </>
  );
}
