import { Plus, Trash2 } from "../panels/icons";
import { type Path, type Problem, problemAt } from "./checks";
import { Button, Field, SelectField, TextField, titled } from "./parts";
import { type AttributeSpec, INPUT_TYPES, type InputType, newAttribute, withInputType } from "./spec";
import { ValuesField } from "./ValuesField";

interface AttributesProps {
  readonly attributes: readonly AttributeSpec[];
  readonly problems: readonly Problem[];
  /** Where the attributes stand in what the problems are about. */
  readonly path: Path;
  readonly onChange: (attributes: AttributeSpec[]) => void;
}

/** The attributes of a label, one row each. */
export function Attributes({ attributes, problems, path, onChange }: AttributesProps) {
  const change = (index: number, spec: AttributeSpec): void =>
    onChange(attributes.map((each, other) => (other === index ? spec : each)));
  return (
    <div class="cvw-labels-attributes">
      {attributes.map((spec, index) => (
        <AttributeRow
          key={index}
          spec={spec}
          problem={(field) => problemAt(problems, [...path, index, field])}
          onChange={(changed) => change(index, changed)}
          onRemove={() => onChange(attributes.filter((_, other) => other !== index))}
        />
      ))}
      <Button
        label="Add an attribute"
        text
        icon={Plus}
        testId="add-attribute"
        onClick={() => onChange([...attributes, newAttribute()])}
      />
    </div>
  );
}

interface RowProps {
  readonly spec: AttributeSpec;
  readonly problem: (field: string) => string | null;
  readonly onChange: (spec: AttributeSpec) => void;
  readonly onRemove: () => void;
}

function AttributeRow({ spec, problem, onChange, onRemove }: RowProps) {
  const name = spec.name || "the attribute";
  return (
    <fieldset class="cvw-labels-attribute" data-testid="attribute">
      <legend class="cvw-labels-hidden">Attribute {spec.name}</legend>
      <TextField
        label="Attribute"
        value={spec.name}
        problem={problem("name")}
        placeholder="Name"
        testId="attribute-name"
        onInput={(text) => onChange({ ...spec, name: text })}
      />
      <SelectField
        label="Input"
        value={spec.input_type}
        problem={problem("input_type")}
        options={INPUT_TYPES.map((type) => [type, titled(type)])}
        testId="attribute-input"
        onChange={(type) => onChange(withInputType(spec, type as InputType))}
      />
      <Values spec={spec} problem={problem} onChange={onChange} />
      <label class="cvw-labels-check" title="Whether the value may change from frame to frame of a track">
        <input
          type="checkbox"
          checked={spec.mutable}
          onChange={(event) => onChange({ ...spec, mutable: event.currentTarget.checked })}
        />
        Mutable
      </label>
      <Button label={`Delete ${name}`} icon={Trash2} testId="delete-attribute" onClick={onRemove} />
    </fieldset>
  );
}

function Values({ spec, problem, onChange }: Omit<RowProps, "onRemove">) {
  const wrong = problem("default_value");
  switch (spec.input_type) {
    case "checkbox":
      return (
        <SelectField
          label="Default"
          value={spec.default_value}
          problem={wrong}
          grow
          options={[
            ["false", "False"],
            ["true", "True"],
          ]}
          onChange={(value) => onChange({ ...spec, default_value: value })}
        />
      );
    case "text":
      return (
        <TextField
          label="Default"
          value={spec.default_value}
          problem={wrong}
          grow
          placeholder="Empty"
          onInput={(value) => onChange({ ...spec, default_value: value })}
        />
      );
    case "number":
      return <NumberValues spec={spec} problem={problem} onChange={onChange} />;
    default:
      return (
        <>
          <ValuesField
            values={spec.values}
            problem={problem("values")}
            onChange={(values) => {
              const kept = values.includes(spec.default_value) ? spec.default_value : (values[0] ?? "");
              onChange({ ...spec, values, default_value: kept });
            }}
          />
          <SelectField
            label="Default"
            value={spec.default_value}
            problem={wrong}
            disabled={spec.values.length === 0}
            options={spec.values.map((value) => [value, value])}
            onChange={(value) => onChange({ ...spec, default_value: value })}
          />
        </>
      );
  }
}

const NUMBERS = ["Minimum", "Maximum", "Step"] as const;

function NumberValues({ spec, problem, onChange }: Omit<RowProps, "onRemove">) {
  const wrong = problem("values");
  return (
    <div class="cvw-labels-numbers cvw-labels-grow">
      {NUMBERS.map((label, index) => (
        <Field key={label} label={label} problem={index === 0 ? wrong : null}>
          {(input) => (
            <input
              {...input}
              aria-invalid={wrong ? "true" : undefined}
              class="cvw-labels-input"
              type="text"
              inputMode="decimal"
              value={spec.values[index] ?? ""}
              onInput={(event) => {
                const value = event.currentTarget.value;
                const values = NUMBERS.map((_, other) => (other === index ? value.trim() : (spec.values[other] ?? "")));
                // A default nobody chose follows the minimum.
                const follows = index === 0 && spec.default_value === spec.values[0];
                onChange({ ...spec, values, default_value: follows ? (values[0] as string) : spec.default_value });
              }}
            />
          )}
        </Field>
      ))}
      <TextField
        label="Default"
        value={spec.default_value}
        problem={problem("default_value")}
        onInput={(value) => onChange({ ...spec, default_value: value.trim() })}
      />
    </div>
  );
}
