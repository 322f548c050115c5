/** Copies of the selected objects on other frames: so many, or up to a frame; forwards or backwards. */
import { useState } from "preact/hooks";
import { withIds } from "../actions/ids";
import { named } from "../actions/objects";
import { propagate } from "../document/operations";
import { carryOut } from "../tools/carry-out";
import { useAnnotator } from "./context";
import { Dialog } from "./Dialog";
import { DialogFoot, NumberRow } from "./DialogForm";

/** CVAT offers so many at first. */
const USUAL = 10;

export function PropagateDialog() {
  return (
    <Dialog name="propagate" title="Propagate">
      <Form />
    </Dialog>
  );
}

/** The frames after (or before) one, up to another, nearest first; deleted ones are left out. */
export function targets(from: number, to: number, deleted: ReadonlySet<number>): readonly number[] {
  const direction = to < from ? -1 : 1;
  const frames: number[] = [];
  for (let frame = from + direction; (frame - to) * direction <= 0; frame += direction) {
    if (!deleted.has(frame)) frames.push(frame);
  }
  return frames;
}

function Form() {
  const { editor, ui } = useAnnotator();
  const { first, last } = editor.player;
  const from = editor.frame.value;
  const states = editor.selected.value;
  const [backwards, setBackwards] = useState(from === last && from > first);
  const room = backwards ? from - first : last - from;
  const [wanted, setWanted] = useState(USUAL);
  const count = Math.min(wanted, room);
  const to = backwards ? from - count : from + count;
  const frames = count > 0 ? targets(from, to, editor.frames.deleted) : [];
  const copies = frames.length * states.length;
  const submit = async (): Promise<void> => {
    const each = states.reduce((sum, state) => sum + 1 + state.elements.length, 0);
    const label = `Propagate ${named(editor, states)} to ${frames.length} frame${frames.length === 1 ? "" : "s"}`;
    ui.dialog.value = null;
    const before = editor.selection.peek();
    const ids = states.map((state) => state.id);
    const copy = () => carryOut(editor, label, propagate(editor.document, ids, from, frames));
    if (await withIds(editor, each * frames.length, copy)) editor.selection.value = before;
  };
  return (
    <form
      class="cvw-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (copies > 0) void submit();
      }}
    >
      <NumberRow
        label="Number of frames"
        value={count}
        min={room > 0 ? 1 : 0}
        max={room}
        onChange={(value) => setWanted(value)}
      />
      <NumberRow
        label="Up to frame"
        value={to}
        min={backwards ? first : Math.min(from + 1, last)}
        max={backwards ? Math.max(from - 1, first) : last}
        onChange={(value) => setWanted(Math.abs(value - from))}
      />
      <fieldset class="cvw-form-choice" aria-label="Direction">
        {([false, true] as const).map((each) => (
          <label key={String(each)} class="cvw-check">
            <input type="radio" name="propagate-direction" checked={backwards === each} onChange={() => setBackwards(each)} />
            <span>{each ? "Backwards" : "Forwards"}</span>
          </label>
        ))}
      </fieldset>
      <p class="cvw-form-summary" role="status">
        {states.length === 0
          ? "Choose an object first."
          : frames.length === 0
            ? `There is no frame ${backwards ? "before" : "after"} this one.`
            : `${named(editor, states)}: ${copies} cop${copies === 1 ? "y" : "ies"} on frames ${Math.min(...ends(frames))} to ${Math.max(...ends(frames))}`}
      </p>
      <DialogFoot verb="Propagate" disabled={copies === 0} />
    </form>
  );
}

function ends(frames: readonly number[]): readonly [number, number] {
  return [frames[0] as number, frames[frames.length - 1] as number];
}
