/** Boxes of neighbouring frames that show the same object become tracks: a model, how alike, how near, which frames. */
import { useState } from "preact/hooks";
import { useAnnotator } from "../context";
import { NumberRow } from "../DialogForm";
import { ModelCard, ModelChoice, useModels } from "./parts";
import { modelsOf } from "./state";

/** CVAT's. */
const USUAL = { threshold: 50, distance: 50 };
const MOST = { threshold: 100, distance: 9999 };

export function ReidentificationForm() {
  const { editor } = useAnnotator();
  const state = modelsOf(editor);
  const { models, model } = useModels("reid");
  const { first, last } = editor.player;
  const [threshold, setThreshold] = useState(USUAL.threshold);
  const [distance, setDistance] = useState(USUAL.distance);
  const [range, setRange] = useState({ first, last });
  if (!model) return null;
  const running = state.running.value !== null;
  return (
    <>
      <h3>Boxes to tracks</h3>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void state.reidentify({ model: model.id, ...range, threshold, max_distance: distance });
        }}
      >
        <fieldset disabled={running}>
          {models.length > 1 && <ModelChoice kind="reid" />}
          <ModelCard model={model} />
          <NumberRow label="Threshold, %" value={threshold} min={0} max={MOST.threshold} onChange={setThreshold} />
          <NumberRow label="Distance, px" value={distance} min={0} max={MOST.distance} onChange={setDistance} />
          <NumberRow
            label="First frame"
            value={range.first}
            min={first}
            max={range.last}
            onChange={(value) => setRange({ ...range, first: value })}
          />
          <NumberRow
            label="Last frame"
            value={range.last}
            min={range.first}
            max={last}
            onChange={(value) => setRange({ ...range, last: value })}
          />
          <p class="cvw-muted">
            Boxes of one label are joined if they look alike, up to the threshold, and their centres are near. A box without a
            partner becomes a track of its own.
          </p>
          {!running && (
            <div class="cvw-filter-foot">
              <button
                type="submit"
                class="cvw-filter-button cvw-filter-main"
                data-testid="model-reidentify"
                disabled={model.problem !== null || range.first === range.last || editor.info.readOnly}
              >
                Join boxes
              </button>
            </div>
          )}
        </fieldset>
      </form>
    </>
  );
}
