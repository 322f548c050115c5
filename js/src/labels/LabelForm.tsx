import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Attributes } from "./Attributes";
import { ColorField } from "./ColorField";
import { labelProblems, type Problem, problemAt } from "./checks";
import { Button, SelectField, TextField, titled } from "./parts";
import { type LabelSpec, type LabelType, newLabel, PLAIN_TYPES } from "./spec";
import type { Refusal } from "./store";

export interface FormProps {
  readonly label: LabelSpec;
  /** Names of the other labels. */
  readonly others: readonly string[];
  readonly refused: readonly Refusal[];
  readonly busy: boolean;
  readonly onSave: (label: LabelSpec) => Promise<boolean>;
  readonly onClose: () => void;
}

/** What the form says is wrong, and what objects say: an attribute's refusal stands at its values. */
export function refusalProblems(label: LabelSpec, refused: readonly Refusal[]): Problem[] {
  return refused.map(({ attribute, text }) => {
    const index = label.attributes.findIndex(({ name }) => name === attribute);
    return { path: index < 0 ? ["type"] : ["attributes", index, "values"], text };
  });
}

/** A label that is no skeleton: name, colour, type and attributes. */
export function LabelForm({ label, others, refused, busy, onSave, onClose }: FormProps) {
  const isNew = label.id === 0;
  const [draft, setDraft] = useState(label);
  const [asked, setAsked] = useState(false);
  const name = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    name.current?.focus({ preventScroll: true });
    name.current?.select();
  }, []);
  const clean: LabelSpec = {
    ...draft,
    name: draft.name.trim(),
    attributes: draft.attributes.map((spec) => ({ ...spec, name: spec.name.trim() })),
  };
  const wrong = labelProblems(clean, others);
  const problems = asked ? [...wrong, ...refusalProblems(clean, refused)] : [];
  const save = async (again: boolean): Promise<void> => {
    // Done on an empty form is what ends adding.
    if (isNew && !again && clean.name === "" && clean.attributes.length === 0) {
      onClose();
      return;
    }
    setAsked(true);
    if (wrong.length > 0 || !(await onSave(clean))) return;
    if (!again) {
      onClose();
      return;
    }
    setDraft(newLabel(draft.type));
    setAsked(false);
    name.current?.focus({ preventScroll: true });
  };
  return (
    <form
      class="cvw-labels-form"
      aria-label={isNew ? "New label" : `Label ${label.name}`}
      data-testid="label-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save(isNew);
      }}
      onKeyDown={cancelling(onClose)}
    >
      <div class="cvw-labels-line">
        <TextField
          label="Label name"
          value={draft.name}
          problem={problemAt(problems, ["name"])}
          field={name}
          grow
          testId="label-name"
          onInput={(text) => setDraft({ ...draft, name: text })}
        />
        <SelectField
          label="Shape"
          value={draft.type}
          problem={problemAt(problems, ["type"])}
          options={PLAIN_TYPES.map((type) => [type, titled(type)])}
          testId="label-type"
          onChange={(type) => setDraft({ ...draft, type: type as LabelType })}
        />
        <ColorField
          name={clean.name}
          color={draft.color}
          problem={problemAt(problems, ["color"])}
          onChange={(color) => setDraft({ ...draft, color })}
        />
      </div>
      <Attributes
        attributes={draft.attributes}
        problems={problems}
        path={["attributes"]}
        onChange={(attributes) => setDraft({ ...draft, attributes })}
      />
      <FormFoot isNew={isNew} busy={busy} onDone={() => void save(false)} onClose={onClose} />
    </form>
  );
}

/** Escape gives the form up, not what the editor is in. */
export const cancelling =
  (onClose: () => void) =>
  (event: KeyboardEvent): void => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    onClose();
  };

interface FootProps {
  readonly isNew: boolean;
  readonly busy: boolean;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** Done saves and ends; Continue saves and asks for the next label; Cancel forgets what was typed. */
export function FormFoot({ isNew, busy, onDone, onClose }: FootProps) {
  return (
    <div class="cvw-labels-foot">
      <Button label="Cancel" text onClick={onClose} testId="cancel" />
      {isNew && (
        <Button
          label="Continue"
          text
          submit
          disabled={busy}
          testId="continue"
          hint="Save the label and add another one (Enter)"
        />
      )}
      <Button
        label="Done"
        text
        kind="primary"
        submit={!isNew}
        disabled={busy}
        testId="done"
        hint="Save the label and return"
        onClick={isNew ? onDone : undefined}
      />
    </div>
  );
}
