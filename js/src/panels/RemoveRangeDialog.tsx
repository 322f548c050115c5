/** Everything in a range of frames goes; of tracks the keyframes only, if the user wants that. */
import { useMemo, useState } from "preact/hooks";
import { removeInRange } from "../document/operations";
import { Refusal } from "../document/refusal";
import { carryOut } from "../tools/carry-out";
import { useAnnotator } from "./context";
import { Dialog } from "./Dialog";
import { DialogFoot, NumberRow } from "./DialogForm";

export function RemoveRangeDialog() {
  return (
    <Dialog name="remove-range" title="Remove annotations in a range">
      <Form />
    </Dialog>
  );
}

function Form() {
  const { editor, ui } = useAnnotator();
  const { first, last } = editor.player;
  const [from, setFrom] = useState(editor.frame.peek());
  const [to, setTo] = useState(editor.frame.peek());
  const [keyframesOnly, setKeyframesOnly] = useState(true);
  const job = editor.document;
  const version = job.version.value;
  const result = useMemo(() => removeInRange(job.all(), from, to, keyframesOnly), [job, version, from, to, keyframesOnly]);
  const edit = result instanceof Refusal ? {} : result;
  const removed = edit.removed?.length ?? 0;
  const touched = Object.keys(edit.updated ?? {}).length;
  const parts = [
    removed > 0 && `${removed} object${removed === 1 ? "" : "s"} will be removed`,
    touched > 0 && `${touched} track${touched === 1 ? "" : "s"} will lose keyframes`,
  ].filter(Boolean);
  const submit = (): void => {
    ui.dialog.value = null;
    editor.selection.value = editor.selection.peek().filter((id) => !edit.removed?.includes(id));
    carryOut(editor, `Remove annotations of frames ${from} to ${to}`, result);
  };
  return (
    <form
      class="cvw-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (parts.length > 0) submit();
      }}
    >
      <NumberRow
        label="From frame"
        value={from}
        min={first}
        max={last}
        onChange={(value) => {
          setFrom(value);
          if (value > to) setTo(value);
        }}
      />
      <NumberRow label="To frame" value={to} min={from} max={last} onChange={setTo} />
      <button
        type="button"
        class="cvw-link"
        data-testid="remove-whole"
        onClick={() => {
          setFrom(first);
          setTo(last);
          setKeyframesOnly(false);
        }}
      >
        Everything in the job
      </button>
      <label class="cvw-check">
        <input type="checkbox" checked={keyframesOnly} onChange={(event) => setKeyframesOnly(event.currentTarget.checked)} />
        <span>Of tracks remove only the keyframes</span>
      </label>
      <p class="cvw-form-summary" role="status">
        {parts.length > 0 ? `${parts.join(", ")}.` : "There is nothing to remove on these frames."} Ctrl+Z brings it back.
      </p>
      <DialogFoot verb="Remove" disabled={parts.length === 0} />
    </form>
  );
}
