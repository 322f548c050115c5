import type { LucideIcon } from "lucide-preact";
import { actionOf, run } from "../actions/actions";
import { keysOf } from "../actions/bindings";
import { readable } from "../actions/keys";
import { useAnnotator } from "./context";

export interface IconButtonProps {
  readonly icon: LucideIcon;
  readonly label: string;
  readonly onClick: () => void;
  readonly pressed?: boolean | undefined;
  readonly disabled?: boolean | undefined;
  readonly small?: boolean | undefined;
  readonly testId?: string | undefined;
}

export function IconButton({ icon: Icon, label, onClick, pressed, disabled, small, testId }: IconButtonProps) {
  return (
    <button
      type="button"
      class={`cvw-icon-button${small ? " cvw-small" : ""}`}
      title={label}
      aria-label={label}
      aria-pressed={pressed}
      disabled={disabled}
      data-testid={testId}
      onClick={(event) => {
        event.stopPropagation();
        onClick();
      }}
    >
      <Icon size={small ? 15 : 18} strokeWidth={1.75} aria-hidden="true" />
    </button>
  );
}

/** A button for an action of the table: its name and key are the tooltip. */
interface ActionButtonProps {
  readonly id: string;
  readonly icon: LucideIcon;
  readonly name?: string;
  readonly small?: boolean;
  readonly pressed?: boolean;
}

export function ActionButton({ id, icon, name, small, pressed }: ActionButtonProps) {
  const context = useAnnotator();
  const action = actionOf(id);
  const key = keysOf(action, context.editor.settings.value.keys)[0];
  const label = name ?? action.label;
  return (
    <IconButton
      icon={icon}
      label={key ? `${label} (${readable(key)})` : label}
      disabled={action.enabled ? !action.enabled(context) : false}
      small={small}
      pressed={pressed}
      testId={`action-${id}`}
      onClick={() => run(id, context)}
    />
  );
}
