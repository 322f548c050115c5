/** A tracker, the selected objects, how far, and Track; below it boxes that are there already become tracks. */
import { useState } from "preact/hooks";
import { useAnnotator } from "../context";
import { NumberRow } from "../DialogForm";
import { Choice } from "../SettingControls";
import { ModelCard, ModelChoice, useModels } from "./parts";
import { ReidentificationForm } from "./ReidentificationForm";
import { modelsOf } from "./state";

const DIRECTIONS = { forwards: "Forwards", backwards: "Backwards", both: "Both ways" } as const;
type Direction = keyof typeof DIRECTIONS;

/** How many frames a tracker is offered to go, until the user says otherwise. */
const USUAL = 10;

export function TrackersTab() {
  const { model } = useModels("tracker");
  return (
    <>
      {model ? (
        <>
          <ModelChoice kind="tracker" />
          <ModelCard model={model} />
          <Form />
        </>
      ) : (
        <p>There is no tracker yet. Decorate a function with @cw.tracker and give it to annotator.use(…).</p>
      )}
      <ReidentificationForm />
    </>
  );
}

function Form() {
  const { editor } = useAnnotator();
  const state = modelsOf(editor);
  const { model } = useModels("tracker");
  const { first, last } = editor.player;
  const frame = editor.frame.value;
  const [direction, setDirection] = useState<Direction>("forwards");
  const [distance, setDistance] = useState({ back: USUAL, on: USUAL });
  const from = Math.max(first, frame - distance.back);
  const to = Math.min(last, frame + distance.on);
  const types = model?.shape_types ?? [];
  const selected = editor.selected.value.filter(({ type }) => type !== "tag");
  const usable = selected.filter(
    ({ id, type, outside }) =>
      !outside && !editor.isLocked(id) && type !== "skeleton" && (types.length === 0 || types.includes(type)),
  );
  const range = {
    first: direction === "forwards" ? frame : from,
    last: direction === "backwards" ? frame : to,
  };
  const running = state.running.value !== null;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (model) void state.track({ model: model.id, ids: usable.map(({ id }) => id), start: frame, ...range });
      }}
    >
      <fieldset disabled={running}>
        <p data-testid="track-objects">
          {selected.length === 0 && "Select the objects to follow on the canvas. "}
          {usable.length > 0 &&
            `Follows ${usable
              .slice(0, 4)
              .map((each) => editor.nameOf(each))
              .join(", ")}`}
          {usable.length > 4 && ` and ${usable.length - 4} more`}
          {usable.length > 0 && ` from frame ${frame}. `}
          {usable.length < selected.length && (
            <span class="cvw-muted">
              {selected.length - usable.length} cannot be followed: locked, or not of a type this tracker follows.
            </span>
          )}
        </p>
        <Choice label="Direction" value={direction} choices={DIRECTIONS} onChange={setDirection} />
        {direction !== "forwards" && (
          <NumberRow
            label="Back to frame"
            value={from}
            min={first}
            max={frame}
            onChange={(value) => setDistance({ ...distance, back: frame - value })}
          />
        )}
        {direction !== "backwards" && (
          <NumberRow
            label="To frame"
            value={to}
            min={frame}
            max={last}
            onChange={(value) => setDistance({ ...distance, on: value - frame })}
          />
        )}
        {!running && (
          <div class="cvw-filter-foot">
            <button
              type="submit"
              class="cvw-filter-button cvw-filter-main"
              data-testid="model-track"
              disabled={usable.length === 0 || range.first === range.last || editor.info.readOnly}
            >
              Track
            </button>
          </div>
        )}
        <p class="cvw-muted">
          Where an object is lost, its track ends. Put it right on a frame and track again: it is followed anew from there.
        </p>
      </fieldset>
    </form>
  );
}
