/** A filter of a list as rules and groups: property, operator, value. */
import { useState } from "preact/hooks";
import {
  EMPTY_GROUP,
  type FilterNode,
  fromLogic,
  type Group,
  type Operand,
  type Operator,
  type Path,
  type Rule,
  valueCount,
  withNode,
} from "../filter/tree";
import type { Kind } from "./api";
import { Trash2 } from "./icons";
import { dateText, dateValue, type ListState, logicOf, propertyOf } from "./list-state";
import { Modal } from "./Modal";
import { Button, IconButton } from "./parts";
import { type ListProperty, OPERATORS, operatorName, PROPERTIES, valueName } from "./properties";

interface NodeProps<T> {
  readonly kind: Kind;
  readonly node: T;
  readonly path: Path;
  readonly onChange: (path: Path, node: FilterNode | null) => void;
}

const DEEPEST = 4;

function newRule(kind: Kind): Rule {
  const property = PROPERTIES[kind][1] as ListProperty;
  return { kind: "rule", property: property.name, operator: OPERATORS[property.kind][0] as Operator, values: [] };
}

export function FilterEditor(props: { state: ListState; onApply: (filter: ListState["filter"]) => void; onClose: () => void }) {
  const { state } = props;
  const start = state.filter ? fromLogic(state.filter) : { ...EMPTY_GROUP, children: [newRule(state.kind)] };
  const [tree, setTree] = useState<Group>(start);
  const logic = logicOf(tree);
  return (
    <Modal title={`Filter ${state.kind}`} name="filter" wide onClose={props.onClose}>
      <form
        class="cvw-filter"
        onSubmit={(event) => {
          event.preventDefault();
          props.onApply(logic);
        }}
      >
        <GroupRules kind={state.kind} node={tree} path={[]} onChange={(path, node) => setTree(withNode(tree, path, node))} />
        <div class="cvs-form-foot">
          <Button onClick={() => props.onApply(null)} disabled={!state.filter}>
            Clear filter
          </Button>
          <span class="cvw-spring" />
          <Button onClick={props.onClose}>Cancel</Button>
          <Button main submit disabled={!logic} testId="filter-apply">
            Apply
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function GroupRules({ kind, node, path, onChange }: NodeProps<Group>) {
  const change = (part: Partial<Group>): void => onChange(path, { ...node, ...part });
  const add = (child: FilterNode): void => change({ children: [...node.children, child] });
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a row of buttons everywhere
    <div class="cvw-filter-group" role="group" aria-label={path.length === 0 ? "Filter" : "Group"}>
      <div class="cvw-filter-head">
        <Button pressed={node.not} onClick={() => change({ not: !node.not })}>
          Not
        </Button>
        {(["and", "or"] as const).map((conjunction) => (
          <Button key={conjunction} pressed={node.conjunction === conjunction} onClick={() => change({ conjunction })}>
            {conjunction === "and" ? "And" : "Or"}
          </Button>
        ))}
        <span class="cvw-spring" />
        <Button onClick={() => add(newRule(kind))}>Add rule</Button>
        {path.length < DEEPEST && <Button onClick={() => add({ ...EMPTY_GROUP, children: [newRule(kind)] })}>Add group</Button>}
        {path.length > 0 && <IconButton icon={Trash2} label="Remove the group" onClick={() => onChange(path, null)} />}
      </div>
      {node.children.map((child, index) => {
        const props = { kind, path: [...path, index], onChange };
        return child.kind === "group" ? (
          <GroupRules key={index} node={child} {...props} />
        ) : (
          <OneRule key={index} node={child} {...props} />
        );
      })}
    </div>
  );
}

function OneRule({ kind, node: rule, path, onChange }: NodeProps<Rule>) {
  const property = propertyOf(kind, rule.property);
  const operators = property ? OPERATORS[property.kind] : [rule.operator];
  const shown = operators.includes(rule.operator) ? operators : [rule.operator, ...operators];
  return (
    <div class="cvw-filter-rule">
      <select
        class="cvw-select"
        aria-label="Property"
        value={rule.property}
        onChange={({ currentTarget }) => {
          const next = propertyOf(kind, currentTarget.value);
          if (next) onChange(path, { ...rule, property: next.name, operator: OPERATORS[next.kind][0] as Operator, values: [] });
        }}
      >
        {!property && <option value={rule.property}>{rule.property}</option>}
        {PROPERTIES[kind].map(({ name, title }) => (
          <option key={name} value={name}>
            {title}
          </option>
        ))}
      </select>
      <select
        class="cvw-select"
        aria-label="Operator"
        value={rule.operator}
        onChange={({ currentTarget }) => {
          const operator = currentTarget.value as Operator;
          const keep = valueCount(operator) === valueCount(rule.operator);
          onChange(path, { ...rule, operator, values: keep ? rule.values : [] });
        }}
      >
        {shown.map((operator) => (
          <option key={operator} value={operator}>
            {operatorName(operator, property?.kind ?? "text")}
          </option>
        ))}
      </select>
      <div class="cvw-filter-values">
        {property && <Values rule={rule} property={property} onChange={(values) => onChange(path, { ...rule, values })} />}
      </div>
      <IconButton icon={Trash2} label="Remove the rule" onClick={() => onChange(path, null)} />
    </div>
  );
}

interface ValueProps {
  readonly rule: Rule;
  readonly property: ListProperty;
  readonly onChange: (values: readonly Operand[]) => void;
}

function Values({ rule, property, onChange }: ValueProps) {
  const count = valueCount(rule.operator);
  const [first, second] = rule.values;
  if (count === 0) return null;
  if (property.kind === "choice") return <Words rule={rule} property={property} onChange={onChange} />;
  if (count === null)
    return (
      <input
        class="cvw-field"
        aria-label="Values, with commas"
        placeholder="With commas: ann, bob"
        defaultValue={rule.values.map(String).join(", ")}
        onInput={({ currentTarget }) => onChange(currentTarget.value.split(",").flatMap((each) => each.trim() || []))}
      />
    );
  if (count === 2)
    return (
      <>
        <OneValue
          property={property}
          label="From"
          value={first}
          onChange={(value) => onChange([value, second ?? Number.NaN])}
        />
        <span class="cvw-muted">to</span>
        <OneValue property={property} label="To" value={second} onChange={(value) => onChange([first ?? Number.NaN, value])} />
      </>
    );
  return (
    <OneValue property={property} label="Value" value={first} onChange={(value) => onChange(value === "" ? [] : [value])} />
  );
}

/** Some of a few words. */
function Words({ rule, property, onChange }: ValueProps) {
  const several = valueCount(rule.operator) === null;
  return (
    <>
      {(property.values ?? []).map((value) => {
        const on = rule.values.includes(value);
        const others = rule.values.filter((each) => each !== value);
        return (
          <Button key={value} pressed={on} onClick={() => onChange(several ? (on ? others : [...others, value]) : [value])}>
            {valueName(property, value)}
          </Button>
        );
      })}
    </>
  );
}

function OneValue(props: {
  property: ListProperty;
  label: string;
  value: Operand | undefined;
  onChange: (value: string | number) => void;
}) {
  const { property, label, value, onChange } = props;
  const given = typeof value === "object" || value === undefined || Number.isNaN(value) ? null : value;
  if (property.kind === "text")
    return (
      <input
        class="cvw-field"
        aria-label={label}
        value={given === null ? "" : String(given)}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
    );
  if (property.kind === "date")
    return (
      <input
        class="cvw-field"
        type="datetime-local"
        aria-label={label}
        value={typeof given === "number" ? dateText(given) : ""}
        onInput={({ currentTarget }) => onChange(dateValue(currentTarget.value))}
      />
    );
  return (
    <input
      class="cvw-field cvw-filter-number"
      type="number"
      aria-label={label}
      value={given === null ? "" : String(given)}
      onInput={({ currentTarget }) => onChange(currentTarget.valueAsNumber)}
    />
  );
}
