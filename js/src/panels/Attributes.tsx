import { assign } from "../actions/objects";
import type { AttributeSpec, ObjectState } from "../document/records";
import { useAnnotator } from "./context";
import { KeptField } from "./KeptField";

/** The attributes of one object, with the input that each calls for. */
export function Attributes({ state }: { state: ObjectState }) {
  const { editor } = useAnnotator();
  const label = editor.labelOf(state.label);
  if (!label || label.attributes.length === 0) return null;
  const disabled = editor.info.readOnly || editor.locked.value.has(state.id);
  return (
    <div class="cvw-attributes">
      {label.attributes.map((spec) => (
        <Field
          key={spec.id}
          spec={spec}
          name={`cvw-${state.id}-${spec.id}`}
          value={state.attributes[spec.id] ?? spec.default_value}
          disabled={disabled}
          onChange={(value) => assign(editor, state, spec, value)}
        />
      ))}
    </div>
  );
}

interface FieldProps {
  readonly spec: AttributeSpec;
  readonly name: string;
  readonly value: string;
  readonly disabled: boolean;
  readonly onChange: (value: string) => void;
}

function Field({ spec, name, value, disabled, onChange }: FieldProps) {
  const hint = spec.mutable ? "may change along a track" : undefined;
  if (spec.input_type === "checkbox")
    return (
      <label class="cvw-attribute cvw-attribute-check" title={hint}>
        <input
          type="checkbox"
          checked={value === "true"}
          disabled={disabled}
          onChange={(event) => onChange(String(event.currentTarget.checked))}
        />
        <span>{spec.name}</span>
      </label>
    );
  if (spec.input_type === "radio")
    return (
      <fieldset class="cvw-attribute" title={hint} disabled={disabled}>
        <legend>{spec.name}</legend>
        <span class="cvw-radios">
          {spec.values.map((choice) => (
            <label key={choice}>
              <input type="radio" name={name} checked={choice === value} onChange={() => onChange(choice)} />
              <span>{choice}</span>
            </label>
          ))}
        </span>
      </fieldset>
    );
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is the Input below
    <label class="cvw-attribute" title={hint}>
      <span class="cvw-attribute-name">{spec.name}</span>
      <Input spec={spec} name={name} value={value} disabled={disabled} onChange={onChange} />
    </label>
  );
}

function Input({ spec, value, disabled, onChange }: FieldProps) {
  if (spec.input_type === "select")
    return (
      <select class="cvw-select" value={value} disabled={disabled} onChange={(event) => onChange(event.currentTarget.value)}>
        {spec.values.map((choice) => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
    );
  const [min, max, step] = spec.values;
  const number = spec.input_type === "number";
  const commit = (input: HTMLInputElement): void => {
    if (number) {
      const given = input.valueAsNumber;
      const bounded = Math.min(Math.max(given, Number(min)), Number(max));
      input.value = Number.isFinite(given) ? String(bounded) : value;
    }
    onChange(input.value);
  };
  return (
    <KeptField
      class="cvw-field"
      type={number ? "number" : "text"}
      min={number ? min : undefined}
      max={number ? max : undefined}
      step={number ? step : undefined}
      maxLength={4096}
      value={value}
      disabled={disabled}
      onChange={(event) => commit(event.currentTarget)}
    />
  );
}
