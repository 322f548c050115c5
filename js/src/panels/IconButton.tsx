import type { LucideIcon } from "lucide-preact";
import { actionOf, run } from "../actions/actions";
import { keysOf } from "../actions/bindings";
import type { Context } from "../actions/context";
import { readable } from "../actions/keys";
import { useAnnotator } from "./context";

export interface IconButtonProps {
  readonly icon: LucideIcon;
  readonly label: string;
  readonly onClick: (event: MouseEvent) => void;
  readonly pressed?: boolean | undefined;
  readonly disabled?: boolean | undefined;
  readonly small?: boolean | undefined;
  readonly testId?: string | undefined;
  /** The action that does the same by keys: the tooltip names them. */
  readonly action?: string | undefined;
}

/** "Lock (L)": a label with the first of the keys that an action has at present. */
function hinted(label: string, id: string | undefined, { editor }: Context): string {
  const key = id === undefined ? undefined : keysOf(actionOf(id), editor.settings.value.keys)[0];
  return key === undefined ? label : `${label} (${readable(key)})`;
}

export function IconButton({ icon: Icon, label, onClick, pressed, disabled, small, testId, action }: IconButtonProps) {
  const text = hinted(label, action, useAnnotator());
  return (
    <button
      type="button"
      class={`cvw-icon-button${small ? " cvw-small" : ""}`}
      title={text}
      aria-label={text}
      aria-pressed={pressed}
      disabled={disabled}
      data-testid={testId}
      onClick={(event) => {
        event.stopPropagation();
        onClick(event);
      }}
    >
      <Icon size={small ? 15 : 18} strokeWidth={1.75} aria-hidden="true" />
    </button>
  );
}

interface ActionButtonProps {
  readonly id: string;
  readonly icon: LucideIcon;
  readonly name?: string;
  readonly small?: boolean;
  readonly pressed?: boolean;
}

/** A button for an action of the table: its name and key are the tooltip. */
export function ActionButton({ id, icon, name, small, pressed }: ActionButtonProps) {
  const context = useAnnotator();
  const action = actionOf(id);
  return (
    <IconButton
      icon={icon}
      label={name ?? action.label}
      action={id}
      disabled={action.enabled ? !action.enabled(context) : false}
      small={small}
      pressed={pressed}
      testId={`action-${id}`}
      onClick={() => run(id, context)}
    />
  );
}

/** The first of the keys that an action has at present. */
export function KeyHint({ action }: { action: string }) {
  const key = keysOf(actionOf(action), useAnnotator().editor.settings.value.keys)[0];
  return key === undefined ? null : <kbd>{readable(key)}</kbd>;
}
