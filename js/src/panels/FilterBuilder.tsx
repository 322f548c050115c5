/** The builder of a filter: groups of rules, each with a property, an operator and values. */
import { DEEPEST_GROUP } from "../filter/moves";
import { OPERATORS_OF, type Property } from "../filter/properties";
import {
  EMPTY_GROUP,
  type FilterNode,
  type Group,
  isRef,
  type Operand,
  type Operator,
  type Path,
  type Rule,
  type Scalar,
  valueCount,
} from "../filter/tree";
import { IconButton } from "./IconButton";
import { GripVertical, Trash2 } from "./icons";
import { keyOf, type Moving } from "./use-moving";

type Properties = ReadonlyMap<string, Property>;

interface NodeProps<T> {
  readonly node: T;
  readonly path: Path;
  readonly properties: Properties;
  /** Put a node in the place of the one at a path; null takes it out. */
  readonly onChange: (path: Path, node: FilterNode | null) => void;
  readonly moving: Moving;
}

const NEW_RULE: Rule = { kind: "rule", property: "label", operator: "==", values: [] };
const NEW_GROUP: Group = { ...EMPTY_GROUP, children: [NEW_RULE] };

const OPERATOR_NAMES: Partial<Record<Operator, string>> = {
  ">=": "≥",
  "<=": "≤",
  any_in: "any in",
  not_in: "not in",
  is_empty: "is empty",
  is_not_empty: "is not empty",
  not_between: "not between",
  starts_with: "starts with",
  ends_with: "ends with",
};

/** What a rule or a group is moved by. */
function Grip({ path, moving, what }: { path: Path; moving: Moving; what: string }) {
  const text = `Move the ${what}: drag it, or Alt and the arrows`;
  return (
    <button
      type="button"
      class="cvw-icon-button cvw-small cvw-filter-grip"
      title={text}
      aria-label={text}
      data-grip={keyOf(path)}
      {...moving.grip(path)}
    >
      <GripVertical size={15} strokeWidth={1.75} aria-hidden="true" />
    </button>
  );
}

const movedClass = (path: Path, { dragged }: Moving): string => (dragged === keyOf(path) ? " cvw-filter-moved" : "");

export function GroupEditor({ node, path, properties, onChange, moving }: NodeProps<Group>) {
  const change = (part: Partial<Group>): void => onChange(path, { ...node, ...part });
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a row of buttons everywhere
    <div
      class={`cvw-filter-group${movedClass(path, moving)}`}
      role="group"
      aria-label={path.length === 0 ? "Filter" : "Group"}
      data-node={keyOf(path)}
    >
      <div class="cvw-filter-head">
        {path.length > 0 && <Grip path={path} moving={moving} what="group" />}
        <button type="button" class="cvw-filter-switch" aria-pressed={node.not} onClick={() => change({ not: !node.not })}>
          Not
        </button>
        <span class="cvw-filter-joined">
          {(["and", "or"] as const).map((conjunction) => (
            <button
              key={conjunction}
              type="button"
              class="cvw-filter-switch"
              aria-pressed={node.conjunction === conjunction}
              onClick={() => change({ conjunction })}
            >
              {conjunction === "and" ? "And" : "Or"}
            </button>
          ))}
        </span>
        <span class="cvw-spring" />
        <button type="button" class="cvw-filter-button" onClick={() => change({ children: [...node.children, NEW_RULE] })}>
          Add rule
        </button>
        {path.length < DEEPEST_GROUP && (
          <button type="button" class="cvw-filter-button" onClick={() => change({ children: [...node.children, NEW_GROUP] })}>
            Add group
          </button>
        )}
        {path.length > 0 && <IconButton icon={Trash2} label="Delete the group" small onClick={() => onChange(path, null)} />}
      </div>
      {node.children.map((child, index) => {
        const props = { path: [...path, index], properties, onChange, moving };
        return child.kind === "group" ? (
          <GroupEditor key={index} node={child} {...props} />
        ) : (
          <RuleEditor key={index} node={child} {...props} />
        );
      })}
    </div>
  );
}

function RuleEditor({ node: rule, path, properties, onChange, moving }: NodeProps<Rule>) {
  const property = properties.get(rule.property);
  const change = (part: Partial<Rule>): void => onChange(path, { ...rule, ...part });
  const operators = property ? OPERATORS_OF[property.type] : [rule.operator];
  return (
    <div class={`cvw-filter-rule${movedClass(path, moving)}`} data-node={keyOf(path)}>
      <Grip path={path} moving={moving} what="rule" />
      <select
        class="cvw-select"
        aria-label="Property"
        value={rule.property}
        onChange={(event) => {
          const next = properties.get(event.currentTarget.value);
          if (!next) return;
          const known = OPERATORS_OF[next.type];
          const operator = known.includes(rule.operator) ? rule.operator : (known[0] as Operator);
          change({ property: next.name, operator, values: [] });
        }}
      >
        {!property && <option value={rule.property}>{rule.property}</option>}
        <PropertyOptions properties={[...properties.values()].filter(({ label }) => label === null)} name="Object" />
        <PropertyOptions properties={[...properties.values()].filter(({ label }) => label !== null)} name="Attributes" />
      </select>
      <select
        class="cvw-select"
        aria-label="Operator"
        value={rule.operator}
        onChange={(event) => {
          const operator = event.currentTarget.value as Operator;
          const keep = valueCount(operator) === valueCount(rule.operator);
          change({
            operator,
            values: keep ? rule.values : rule.values.filter((each) => !isRef(each)).slice(0, room(operator)),
          });
        }}
      >
        {operators.map((operator) => (
          <option key={operator} value={operator}>
            {OPERATOR_NAMES[operator] ?? operator}
          </option>
        ))}
      </select>
      <div class="cvw-filter-values">
        {property && (
          <ValueEditor rule={rule} property={property} properties={properties} onChange={(values) => change({ values })} />
        )}
      </div>
      <IconButton icon={Trash2} label="Delete the rule" small onClick={() => onChange(path, null)} />
    </div>
  );
}

function room(operator: Operator): number {
  return valueCount(operator) ?? Number.POSITIVE_INFINITY;
}

function PropertyOptions({ properties, name }: { properties: readonly Property[]; name: string }) {
  if (properties.length === 0) return null;
  return (
    <optgroup label={name}>
      {properties.map((each) => (
        // Votes are known to Python alone: on the canvas no object has any.
        <option key={each.name} value={each.name} disabled={each.column === null}>
          {each.title}
        </option>
      ))}
    </optgroup>
  );
}

interface ValueProps {
  readonly rule: Rule;
  readonly property: Property;
  readonly properties: Properties;
  readonly onChange: (values: readonly Operand[]) => void;
}

function ValueEditor(props: ValueProps) {
  const { rule, property, onChange } = props;
  const { operator, values } = rule;
  const [first] = values;
  const count = valueCount(operator);
  const exact = operator === "==" || operator === "!=";
  if (count === 0) return null;
  if (property.type === "boolean")
    return <OneOf values={["true", "false"]} value={first} onChange={(text) => onChange(text ? [text === "true"] : [])} />;
  if (property.values && count === null) return <AnyOf known={property.values} values={values} onChange={onChange} />;
  if (property.values && exact)
    return <OneOf values={property.values} value={first} onChange={(text) => onChange(text === null ? [] : [text])} />;
  if (count === null) return <Lines type={property.type} values={values} onChange={onChange} />;
  if (property.type === "text")
    return (
      <input
        class="cvw-field"
        aria-label="Value"
        value={first === undefined ? "" : String(first)}
        onInput={({ currentTarget: { value } }) => onChange(value ? [value] : [])}
      />
    );
  if (count === 2) return <Between values={values} onChange={onChange} />;
  return <NumberOrProperty {...props} />;
}

/** One of some values. */
function OneOf(props: { values: readonly string[]; value: Operand | undefined; onChange: (value: string | null) => void }) {
  const { values, value, onChange } = props;
  const chosen = value === undefined ? -1 : values.indexOf(String(value));
  return (
    <select
      class="cvw-select"
      aria-label="Value"
      value={chosen}
      onChange={(event) => onChange(values[Number(event.currentTarget.value)] ?? null)}
    >
      <option value={-1}>{value === undefined ? "Choose…" : String(value)}</option>
      {values.map((each, index) => (
        <option key={each} value={index}>
          {each === "" ? "(empty)" : each}
        </option>
      ))}
    </select>
  );
}

/** Several of some values; those that this task does not know stay until they are taken out. */
function AnyOf(props: { known: readonly string[]; values: readonly Operand[]; onChange: ValueProps["onChange"] }) {
  const { known, values, onChange } = props;
  const all = [...new Set([...known, ...values.map(String)])];
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a row of buttons everywhere
    <div class="cvw-filter-choices" role="group" aria-label="Values">
      {all.map((each) => {
        const on = values.includes(each);
        return (
          <button
            key={each}
            type="button"
            class="cvw-filter-switch"
            aria-pressed={on}
            onClick={() => onChange(on ? values.filter((other) => other !== each) : [...values, each])}
          >
            {each === "" ? "(empty)" : each}
          </button>
        );
      })}
    </div>
  );
}

/** Any number of values, one a line. */
function Lines(props: { type: Property["type"]; values: readonly Operand[]; onChange: ValueProps["onChange"] }) {
  const { type, values, onChange } = props;
  return (
    <textarea
      class="cvw-field cvw-filter-lines"
      aria-label="Values, one a line"
      placeholder="One a line"
      rows={2}
      value={values.map(String).join("\n")}
      onChange={({ currentTarget: { value } }) => {
        const lines = value.split("\n").filter((line) => line.trim() !== "");
        onChange(type === "number" ? lines.map(Number).filter(Number.isFinite) : lines);
      }}
    />
  );
}

function Between({ values, onChange }: { values: readonly Operand[]; onChange: ValueProps["onChange"] }) {
  const [low = Number.NaN, high = Number.NaN] = values;
  return (
    <>
      <NumberField label="From" value={low} onChange={(value) => onChange([value, high])} />
      <span class="cvw-muted">to</span>
      <NumberField label="To" value={high} onChange={(value) => onChange([low, value])} />
    </>
  );
}

/** A number, or another property that is one. */
function NumberOrProperty({ rule, properties, onChange }: ValueProps) {
  const [value] = rule.values;
  const ref = value !== undefined && isRef(value) ? value.property : null;
  const numbers = [...properties.values()].filter(
    ({ type, name, column }) => type === "number" && name !== rule.property && column,
  );
  return (
    <>
      {ref === null && (
        <NumberField
          label="Value"
          value={value ?? Number.NaN}
          onChange={(number) => onChange(Number.isNaN(number) ? [] : [number])}
        />
      )}
      <select
        class="cvw-select"
        aria-label="Compare with"
        value={ref ?? ""}
        onChange={({ currentTarget: { value: name } }) => onChange(name ? [{ property: name }] : [])}
      >
        <option value="">number</option>
        {ref !== null && !numbers.some(({ name }) => name === ref) && <option value={ref}>{ref}</option>}
        {numbers.map(({ name, title }) => (
          <option key={name} value={name}>
            {title}
          </option>
        ))}
      </select>
    </>
  );
}

function NumberField(props: { label: string; value: Operand; onChange: (value: Scalar & number) => void }) {
  const { label, value, onChange } = props;
  return (
    <input
      class="cvw-field cvw-filter-number"
      type="number"
      step="any"
      aria-label={label}
      value={Number.isNaN(value) ? "" : String(value)}
      onInput={({ currentTarget }) => onChange(currentTarget.valueAsNumber)}
    />
  );
}
