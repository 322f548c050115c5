/** The lowest score that counts: before a run what is wanted, afterwards what of the result is, at once. */
import { useAnnotator } from "../context";
import { modelsOf } from "./state";

export function ThresholdSlider({ lowest }: { lowest: number }) {
  const state = modelsOf(useAnnotator().editor);
  const value = state.threshold.value;
  return (
    <label class="cvw-setting">
      <span>Threshold</span>
      <span class="cvw-setting-slide cvw-models-slide">
        <input
          type="range"
          min={lowest}
          max={100}
          value={value}
          aria-label="Lowest score"
          aria-valuetext={`${value} percent`}
          data-testid="model-threshold"
          onInput={(event) => {
            state.threshold.value = Number(event.currentTarget.value);
          }}
        />
        <output>{value} %</output>
      </span>
    </label>
  );
}
