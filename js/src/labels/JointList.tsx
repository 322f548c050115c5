import { useState } from "preact/hooks";
import { ChevronDown, ChevronRight, Plus, Trash2, X } from "../panels/icons";
import { Attributes } from "./Attributes";
import { ColorField } from "./ColorField";
import { type Problem, problemAt } from "./checks";
import { Button, counted, SelectField, TextField } from "./parts";
import { changeJoint, isJoined, type Joint, joinJoints, jointOf, removeEdge, removeJoint } from "./skeleton";
import type { SkeletonHistory } from "./use-skeleton";

interface JointListProps {
  readonly history: SkeletonHistory;
  readonly locked: boolean;
  readonly problems: readonly Problem[];
  readonly selected: number | null;
  readonly onSelect: (key: number) => void;
  readonly onAdd: () => void;
}

/** The joints by number, with name, colour and attributes, and the edges between them. */
export function JointList({ history, locked, problems, selected, onSelect, onAdd }: JointListProps) {
  const { skeleton, commit } = history;
  const missing = skeleton.joints.length === 0 ? problemAt(problems, ["sublabels"]) : null;
  return (
    <div class="cvw-labels-joints">
      <h3>{counted(skeleton.joints.length, "joint")}</h3>
      {missing !== null && (
        <p class="cvw-labels-problem" role="alert">
          {missing}
        </p>
      )}
      <ol>
        {skeleton.joints.map((joint, index) => (
          <JointRow
            key={joint.key}
            joint={joint}
            index={index}
            locked={locked}
            problems={problems}
            selected={joint.key === selected}
            onSelect={() => onSelect(joint.key)}
            onChange={(change) => commit(changeJoint(skeleton, joint.key, change))}
            onRemove={() => commit(removeJoint(skeleton, joint.key))}
          />
        ))}
      </ol>
      <Button label="Add a joint" text icon={Plus} disabled={locked} testId="add-joint" onClick={onAdd} />
      {skeleton.joints.length > 1 && <Edges history={history} selected={selected} />}
    </div>
  );
}

interface JointRowProps {
  readonly joint: Joint;
  readonly index: number;
  readonly locked: boolean;
  readonly problems: readonly Problem[];
  readonly selected: boolean;
  readonly onSelect: () => void;
  readonly onChange: (change: Partial<Omit<Joint, "key">>) => void;
  readonly onRemove: () => void;
}

function JointRow({ joint, index, locked, problems, selected, onSelect, onChange, onRemove }: JointRowProps) {
  const [open, setOpen] = useState(false);
  const path = ["sublabels", index];
  const inside = problemAt(problems, [...path, "attributes"]);
  const shown = open || inside !== null;
  return (
    <li class={selected ? "cvw-labels-chosen" : undefined} onFocusIn={onSelect} data-testid="joint">
      <div class="cvw-labels-joint-row">
        <span class="cvw-labels-index">{index + 1}</span>
        <ColorField
          name={joint.name}
          color={joint.color}
          problem={problemAt(problems, [...path, "color"])}
          small
          onChange={(color) => onChange({ color })}
        />
        <TextField
          label={`Name of joint ${index + 1}`}
          value={joint.name}
          problem={problemAt(problems, [...path, "name"])}
          quiet
          grow
          testId="joint-name"
          onInput={(name) => onChange({ name })}
        />
        <Button
          label={`Attributes of ${joint.name}${joint.attributes.length > 0 ? ` (${joint.attributes.length})` : ""}`}
          icon={shown ? ChevronDown : ChevronRight}
          pressed={shown}
          testId="joint-attributes"
          onClick={() => setOpen(!shown)}
        />
        <Button label={`Delete joint ${joint.name}`} icon={Trash2} disabled={locked} testId="delete-joint" onClick={onRemove} />
      </div>
      {shown && (
        <Attributes
          attributes={joint.attributes}
          problems={problems}
          path={[...path, "attributes"]}
          onChange={(attributes) => onChange({ attributes })}
        />
      )}
    </li>
  );
}

function Edges({ history, selected }: { history: SkeletonHistory; selected: number | null }) {
  const { skeleton, commit } = history;
  const number = (key: number): number => skeleton.joints.findIndex((joint) => joint.key === key) + 1;
  const from = selected === null ? undefined : jointOf(skeleton, selected);
  const free = from ? skeleton.joints.filter(({ key }) => key !== from.key && !isJoined(skeleton, from.key, key)) : [];
  return (
    <div class="cvw-labels-edges">
      <h3>{counted(skeleton.edges.length, "edge")}</h3>
      <ul>
        {skeleton.edges.map(([a, b]) => (
          <li key={`${a} ${b}`}>
            {number(a)} – {number(b)}
            <button
              type="button"
              aria-label={`Delete the edge from ${number(a)} to ${number(b)}`}
              onClick={() => commit(removeEdge(skeleton, a, b))}
            >
              <X size={12} aria-hidden="true" />
            </button>
          </li>
        ))}
      </ul>
      {from && free.length > 0 && (
        <SelectField
          label={`Join ${from.name} with`}
          value=""
          options={[["", "…"], ...free.map(({ key, name }): [string, string] => [String(key), `${number(key)} ${name}`])]}
          testId="join-with"
          onChange={(key) => commit(joinJoints(skeleton, from.key, Number(key)))}
        />
      )}
    </div>
  );
}
