/** What a detector found and nobody has accepted yet: how many of each label, from which score on, take or leave. */
import { useAnnotator } from "../context";
import { IconButton } from "../IconButton";
import { ChevronLeft, ChevronRight } from "../icons";
import { modelsOf } from "./state";
import { ThresholdSlider } from "./ThresholdSlider";
import { countAt } from "./threshold";

export function PendingView() {
  const { editor } = useAnnotator();
  const state = modelsOf(editor);
  const pending = state.pending.value;
  if (!pending) return null;
  const without = state.without.value;
  const threshold = state.threshold.value;
  const labels = Object.entries(pending.scores).map(([id, bins]) => ({ id: Number(id), count: countAt(bins, threshold) }));
  const here = state.passing.value;
  const toggle = (id: number): void => {
    const next = new Set(without);
    if (!next.delete(id)) next.add(id);
    state.without.value = next;
  };
  return (
    <div data-testid="pending">
      <p>
        <strong>{pending.label}</strong>
        <br />
        <span class="cvw-muted">
          Looked at {frames(pending.looked_at)}; something was found on {pending.found_on}.
          {pending.resumed > 0 && ` ${pending.resumed} of them were kept from an interrupted run.`}
        </span>
      </p>
      {labels.length === 0 ? (
        <p>Nothing was found.</p>
      ) : (
        <>
          <ThresholdSlider lowest={pending.threshold} />
          <table class="cvw-models-found">
            <thead>
              <tr class="cvw-muted">
                <th scope="col">Label</th>
                <th scope="col">This frame</th>
                <th scope="col">In all</th>
              </tr>
            </thead>
            <tbody>
              {labels.map(({ id, count }) => {
                const label = editor.labelOf(id);
                const used = !without.has(id);
                return (
                  <tr key={id} class={used ? undefined : "cvw-models-unused"}>
                    <th scope="row">
                      <label>
                        <input type="checkbox" checked={used} onChange={() => toggle(id)} />
                        <span class="cvw-swatch" style={{ background: label?.color }} />
                        <span class="cvw-ellipsis">{label?.name ?? `label ${id}`}</span>
                      </label>
                    </th>
                    <td>{here.filter((each) => each.label === id).length}</td>
                    <td data-testid={`found-${label?.name}`}>{used ? count : 0}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
          <Frames />
        </>
      )}
      {pending.clean && (
        <p class="cvw-muted">Accepting removes what is on {pending.looked_at === 1 ? "this frame" : "these frames"} now.</p>
      )}
      <div class="cvw-filter-foot">
        <button type="button" class="cvw-filter-button" data-testid="model-discard" onClick={() => void state.discard()}>
          Discard
        </button>
        <button
          type="button"
          class="cvw-filter-button cvw-filter-main"
          data-testid="model-accept"
          disabled={state.total.value === 0 && !pending.clean}
          onClick={() => void state.accept()}
        >
          Accept {state.total.value}
        </button>
      </div>
    </div>
  );
}

/** From one frame on which something was found to the next. */
function Frames() {
  const { editor } = useAnnotator();
  const drafts = modelsOf(editor).drafts.value;
  if (!drafts || (drafts.previous === null && drafts.next === null && drafts.left_out === 0)) return null;
  const { previous, next, left_out } = drafts;
  const go = (frame: number | null): void => {
    if (frame === null) return;
    editor.player.pause();
    editor.player.seek(frame);
  };
  const { first, last } = editor.player;
  const reachable = (frame: number | null): boolean => frame !== null && frame >= first && frame <= last;
  return (
    <div class="cvw-models-frames-found">
      <span class="cvw-muted">Frames with something</span>
      <IconButton
        icon={ChevronLeft}
        label="Previous frame with something"
        small
        disabled={!reachable(previous)}
        onClick={() => go(previous)}
      />
      <IconButton
        icon={ChevronRight}
        label="Next frame with something"
        small
        disabled={!reachable(next)}
        onClick={() => go(next)}
      />
      {left_out > 0 && <span class="cvw-muted">{left_out} more of low score are here, but not drawn.</span>}
    </div>
  );
}

function frames(count: number): string {
  return `${count} frame${count === 1 ? "" : "s"}`;
}
