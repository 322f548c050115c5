import { useId, useState } from "preact/hooks";
import { colorFromName, colorOf, PALETTE } from "./color";

interface ColorFieldProps {
  readonly name: string;
  /** Empty: the colour its name gives. */
  readonly color: string;
  readonly problem: string | null;
  readonly onChange: (color: string) => void;
  readonly small?: boolean;
}

/** A colour: one of a palette, any other, or the one its name gives. */
export function ColorField({ name, color, problem, onChange, small }: ColorFieldProps) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const shown = colorOf({ color, name });
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape and leaving close what is open
    <div
      class="cvw-labels-field cvw-labels-color"
      onFocusOut={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOpen(false);
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !open) return;
        event.stopPropagation();
        setOpen(false);
      }}
    >
      {!small && <span aria-hidden="true">Colour</span>}
      <button
        type="button"
        class={small ? "cvw-labels-swatch-button cvw-labels-small" : "cvw-labels-swatch-button"}
        aria-label={`Colour of ${name || "the label"}: ${shown}`}
        title={`Colour: ${shown}`}
        aria-expanded={open}
        aria-controls={id}
        data-testid="color"
        onClick={() => setOpen(!open)}
      >
        <span class="cvw-labels-swatch" style={{ background: shown }} />
        {!small && <code>{shown}</code>}
      </button>
      {open && (
        <fieldset id={id} class="cvw-labels-palette" aria-label="Colours">
          {PALETTE.map((each) => (
            <button
              key={each}
              type="button"
              class="cvw-labels-swatch"
              style={{ background: each }}
              aria-label={each}
              title={each}
              aria-pressed={each === shown}
              onClick={() => onChange(each)}
            />
          ))}
          <label class="cvw-labels-any-color">
            <span>Any colour</span>
            <input type="color" value={shown} onInput={(event) => onChange(event.currentTarget.value)} />
          </label>
          <button type="button" class="cvw-labels-link" disabled={color === ""} onClick={() => onChange("")}>
            <span class="cvw-labels-swatch" style={{ background: colorFromName(name) }} />
            As its name gives
          </button>
        </fieldset>
      )}
      {problem !== null && <p class="cvw-labels-problem">{problem}</p>}
    </div>
  );
}
