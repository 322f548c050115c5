/** The menu of the job: files in and out, removing, the task, states; by mouse and by arrow keys. */
import type { JSX } from "preact";
import { actionOf, run } from "../actions/actions";
import { reviewOf } from "../review/model";
import { useAnnotator } from "./context";
import { KeyHint } from "./IconButton";
import { Check } from "./icons";
import { PopupMenu } from "./PopupMenu";

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
  const context = useAnnotator();
  const { editor, scene, ui } = context;
  if (!ui.menu.value) return null;
  const root = scene.host.closest<HTMLElement>(".cvw-root");
  const review = reviewOf(editor);
  const close = (): void => {
    ui.menu.value = false;
    root?.focus({ preventScroll: true });
  };
  const onKey = ({ key, target }: KeyboardEvent, items: readonly HTMLElement[]): boolean => {
    const at = items.indexOf(target as HTMLElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[key];
    if (next !== undefined) items.at(next % items.length)?.focus();
    else if (key === "Escape" || key === "Tab" || key === "F10") close();
    else if (key === "Enter" || key === " ") (target as HTMLElement).click();
    return true;
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
    <PopupMenu
      name="job-menu"
      label="Menu of the job"
      at={root?.querySelector("[data-testid=action-menu]")}
      first="[role^=menuitem]:not(:disabled)"
      onKey={onKey}
      onClose={close}
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
    </PopupMenu>
  );
}
