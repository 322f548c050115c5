/** Small parts of the label editor. */
import type { LucideIcon } from "lucide-preact";
import type { ComponentChildren, RefObject } from "preact";
import { useId } from "preact/hooks";

interface ButtonProps {
  readonly label: string;
  readonly onClick?: (() => void) | undefined;
  readonly icon?: LucideIcon;
  /** Without it the label is the tooltip of an icon. */
  readonly text?: boolean;
  readonly kind?: "plain" | "primary" | "danger";
  readonly submit?: boolean;
  readonly disabled?: boolean | undefined;
  readonly pressed?: boolean | undefined;
  readonly testId?: string | undefined;
  readonly hint?: string | undefined;
}

export function Button({
  label,
  onClick,
  icon: Icon,
  text,
  kind = "plain",
  submit,
  disabled,
  pressed,
  testId,
  hint,
}: ButtonProps) {
  const shape = text ? "cvw-labels-button" : "cvw-labels-icon-button";
  return (
    <button
      type={submit ? "submit" : "button"}
      class={`${shape} cvw-labels-${kind}`}
      title={hint ?? (text ? undefined : label)}
      aria-label={text ? undefined : label}
      aria-pressed={pressed}
      disabled={disabled}
      data-testid={testId}
      onClick={onClick && (() => onClick())}
    >
      {Icon && <Icon size={16} strokeWidth={1.75} aria-hidden="true" />}
      {text && <span>{label}</span>}
    </button>
  );
}

interface FieldProps {
  readonly label: string;
  readonly problem: string | null;
  readonly children: (props: FieldInput) => ComponentChildren;
  readonly grow?: boolean;
  /** The label is for screen readers only. */
  readonly quiet?: boolean;
}

export interface FieldInput {
  readonly id: string;
  readonly "aria-invalid": "true" | undefined;
  readonly "aria-describedby": string | undefined;
}

/** A control with its label above and what is wrong with it below. */
export function Field({ label, problem, children, grow, quiet }: FieldProps) {
  const id = useId();
  const wrong = problem !== null;
  return (
    <div class={`cvw-labels-field${grow ? " cvw-labels-grow" : ""}`}>
      <label for={id} class={quiet ? "cvw-labels-hidden" : undefined}>
        {label}
      </label>
      {children({ id, "aria-invalid": wrong ? "true" : undefined, "aria-describedby": wrong ? `${id}-problem` : undefined })}
      {wrong && (
        <p id={`${id}-problem`} class="cvw-labels-problem">
          {problem}
        </p>
      )}
    </div>
  );
}

interface TextProps {
  readonly label: string;
  readonly value: string;
  readonly problem: string | null;
  readonly onInput: (value: string) => void;
  readonly placeholder?: string;
  readonly grow?: boolean;
  readonly quiet?: boolean;
  readonly field?: RefObject<HTMLInputElement>;
  readonly disabled?: boolean | undefined;
  readonly testId?: string;
}

export function TextField({ label, value, problem, onInput, placeholder, grow, quiet, field, disabled, testId }: TextProps) {
  return (
    <Field label={label} problem={problem} grow={grow ?? false} quiet={quiet ?? false}>
      {(input) => (
        <input
          {...input}
          {...(field ? { ref: field } : {})}
          class="cvw-labels-input"
          type="text"
          value={value}
          placeholder={placeholder}
          autocomplete="off"
          spellcheck={false}
          disabled={disabled}
          data-testid={testId}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

interface SelectProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, text: string])[];
  readonly onChange: (value: string) => void;
  readonly problem?: string | null;
  readonly disabled?: boolean;
  readonly grow?: boolean;
  readonly testId?: string;
}

export function SelectField({ label, value, options, onChange, problem = null, disabled, grow, testId }: SelectProps) {
  return (
    <Field label={label} problem={problem} grow={grow ?? false}>
      {(input) => (
        <select
          {...input}
          class="cvw-labels-input"
          value={value}
          disabled={disabled}
          data-testid={testId}
          onChange={(event) => onChange(event.currentTarget.value)}
        >
          {options.map(([key, text]) => (
            <option key={key} value={key}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export const counted = (count: number, what: string): string =>
  `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;

/** "rectangle" as a person reads it. */
export const titled = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
