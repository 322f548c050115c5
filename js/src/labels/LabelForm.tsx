import { useState } from "preact/hooks";
import { Attributes } from "./Attributes";
import { ColorField } from "./ColorField";
import { problemAt } from "./checks";
import { Button, SelectField, TextField, titled } from "./parts";
import { type LabelSpec, type LabelType, newLabel, PLAIN_TYPES } from "./spec";
import { type FormProps, useSaving } from "./use-saving";

/** A label that is no skeleton: name, colour, type and attributes. */
export function LabelForm(props: FormProps) {
  const { label, busy, onClose } = props;
  const isNew = label.id === 0;
  const [draft, setDraft] = useState(label);
  const clean: LabelSpec = {
    ...draft,
    name: draft.name.trim(),
    attributes: draft.attributes.map((spec) => ({ ...spec, name: spec.name.trim() })),
  };
  const { name, problems, save } = useSaving(props, clean, clean.attributes.length === 0, () => setDraft(newLabel(draft.type)));
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
