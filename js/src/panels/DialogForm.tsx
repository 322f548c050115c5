/** Parts of dialogs that ask for numbers. */
import { useAnnotator } from "./context";

export interface NumberRowProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly onChange: (value: number) => void;
}

export function NumberRow({ label, value, min, max, onChange }: NumberRowProps) {
  return (
    <label class="cvw-form-row">
      <span>{label}</span>
      <input
        class="cvw-field"
        type="number"
        min={min}
        max={max}
        step={1}
        value={value}
        onInput={(event) => {
          const given = event.currentTarget.valueAsNumber;
          if (Number.isFinite(given) && given >= min && given <= max) onChange(Math.round(given));
        }}
        onChange={(event) => {
          const given = event.currentTarget.valueAsNumber;
          const bounded = Number.isFinite(given) ? Math.min(Math.max(Math.round(given), min), max) : value;
          event.currentTarget.value = String(bounded);
          onChange(bounded);
        }}
      />
      <span class="cvw-muted" aria-hidden="true">
        {min} – {max}
      </span>
    </label>
  );
}

export function DialogFoot({ verb, disabled }: { verb: string; disabled: boolean }) {
  const { ui } = useAnnotator();
  return (
    <div class="cvw-form-foot">
      <button
        type="button"
        class="cvw-button"
        onClick={() => {
          ui.dialog.value = null;
        }}
      >
        Cancel
      </button>
      <button type="submit" class="cvw-button cvw-primary" disabled={disabled}>
        {verb}
      </button>
    </div>
  );
}
