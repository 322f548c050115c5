/** What each label of a model becomes in the task, and each of its attributes. */
import type { AttributeSpec, LabelSpec } from "../../document/records";
import type { LabelRule, LabelRules, ModelLabel } from "../../wire/models";
import { fits, ruleFor } from "./mapping";

interface MappingTableProps {
  readonly labels: readonly ModelLabel[];
  readonly task: readonly LabelSpec[];
  readonly rules: LabelRules;
  readonly onChange: (rules: LabelRules) => void;
}

export function MappingTable({ labels, task, rules, onChange }: MappingTableProps) {
  const taken = labels.filter(({ name }) => rules[name]);
  const left = labels.filter(({ name }) => !rules[name]);
  const row = (label: ModelLabel) => (
    <Row
      key={label.name}
      label={label}
      task={task}
      rule={rules[label.name] ?? null}
      onChange={(rule) => onChange({ ...rules, [label.name]: rule })}
    />
  );
  if (labels.length === 0) {
    return (
      <p class="cvw-muted">The model does not say what it finds: what has the name of one of the task's labels is taken.</p>
    );
  }
  return (
    <div class="cvw-models-mapping" data-testid="label-mapping">
      <div class="cvw-models-pair cvw-muted" aria-hidden="true">
        <span>The model's label</span>
        <span>becomes</span>
      </div>
      {taken.map(row)}
      {taken.length === 0 && <p class="cvw-muted">No label has the name of one of the task's: say what becomes what.</p>}
      {left.length > 0 && (
        <details open={taken.length === 0}>
          <summary>
            {left.length} {left.length === 1 ? "label is" : "labels are"} left out
          </summary>
          {left.map(row)}
        </details>
      )}
    </div>
  );
}

interface RowProps {
  readonly label: ModelLabel;
  readonly task: readonly LabelSpec[];
  readonly rule: LabelRule;
  readonly onChange: (rule: LabelRule) => void;
}

function Row({ label, task, rule, onChange }: RowProps) {
  const fitting = task.filter((each) => fits(label.type, each.type));
  const target = fitting.find(({ name }) => name === rule?.name);
  return (
    <>
      <label class="cvw-models-pair">
        <span class="cvw-ellipsis" title={label.name}>
          {label.name}
        </span>
        <span class="cvw-models-target">
          <span class={`cvw-swatch${target ? "" : " cvw-swatch-none"}`} style={{ background: target?.color }} />
          <select
            class="cvw-select"
            aria-label={`${label.name} becomes`}
            value={target?.name ?? ""}
            onChange={(event) => {
              const chosen = fitting.find(({ name }) => name === event.currentTarget.value);
              onChange(chosen ? ruleFor(label, chosen) : null);
            }}
          >
            <option value="">left out</option>
            {fitting.map(({ id, name }) => (
              <option key={id} value={name}>
                {name}
              </option>
            ))}
          </select>
        </span>
      </label>
      {target &&
        rule &&
        target.attributes.length > 0 &&
        label.attributes.map(({ name }) => (
          <AttributeRow
            key={name}
            name={name}
            of={label.name}
            attributes={target.attributes}
            value={rule.attributes[name] ?? ""}
            onChange={(value) => {
              const { [name]: _, ...rest } = rule.attributes;
              onChange({ ...rule, attributes: value === "" ? rest : { ...rest, [name]: value } });
            }}
          />
        ))}
    </>
  );
}

interface AttributeRowProps {
  readonly name: string;
  readonly of: string;
  readonly attributes: readonly AttributeSpec[];
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function AttributeRow({ name, of, attributes, value, onChange }: AttributeRowProps) {
  return (
    <label class="cvw-models-pair cvw-models-attribute">
      <span class="cvw-ellipsis" title={name}>
        {name}
      </span>
      <select
        class="cvw-select"
        aria-label={`Attribute ${name} of ${of} becomes`}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        <option value="">left out</option>
        {attributes.map((each) => (
          <option key={each.id} value={each.name}>
            {each.name}
          </option>
        ))}
      </select>
    </label>
  );
}
