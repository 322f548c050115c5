/** Fields of forms that hold a text, a number or one of several choices. */
import type { ComponentChildren } from "preact";
import { Field } from "./parts";

interface Common {
  readonly label: string;
  readonly error?: string | undefined;
  readonly hint?: ComponentChildren;
  readonly testId?: string;
  readonly onChange: (value: string) => void;
}

export function InputField({
  label,
  error,
  hint,
  testId,
  onChange,
  value,
  min,
  placeholder,
}: Common & {
  readonly value: string | number;
  /** The least it can be, where it is a number. */
  readonly min?: number;
  readonly placeholder?: string;
}) {
  return (
    <Field label={label} error={error} hint={hint}>
      {(attributes) => (
        <input
          class="cvw-field"
          {...(min === undefined ? {} : { type: "number", min })}
          placeholder={placeholder}
          {...attributes}
          data-testid={testId}
          value={value}
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
        />
      )}
    </Field>
  );
}

export function ChoiceField({
  label,
  error,
  hint,
  testId,
  onChange,
  value,
  choices,
  none,
}: Common & {
  readonly value: string;
  /** Values, or values with what they are called. */
  readonly choices: readonly (string | readonly [value: string, name: string])[];
  /** What choosing nothing is called, where that can be. */
  readonly none?: string;
}) {
  return (
    <Field label={label} error={error} hint={hint}>
      {(attributes) => (
        <select
          class="cvw-select"
          {...attributes}
          data-testid={testId}
          value={value}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
        >
          {none !== undefined && <option value="">{none}</option>}
          {choices.map((each) => {
            const [its, name] = typeof each === "string" ? [each, each] : each;
            return (
              <option key={its} value={its}>
                {name}
              </option>
            );
          })}
        </select>
      )}
    </Field>
  );
}
