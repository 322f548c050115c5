/** A colour of its own for each selected object: one of a palette, any other, or the usual one again. */
import { colorObjects } from "../actions/object-colors";
import { PALETTE } from "../labels/color";
import { sequenceColor } from "../scene/colors";
import { useAnnotator } from "./context";
import { Dialog } from "./Dialog";

export function ColorDialog() {
  return (
    <Dialog name="color" title="Colour of the object">
      <Colors />
    </Dialog>
  );
}

function Colors() {
  const { editor, ui } = useAnnotator();
  const states = editor.selected.value;
  const [first] = states;
  if (!first) return <p class="cvw-muted">No object is selected.</p>;
  const own = editor.ownColors.value;
  const usual = sequenceColor(first.id);
  const present = own.get(first.id) ?? usual;
  const { colorBy } = editor.settings.value;
  const choose = (color: string | null): void =>
    colorObjects(
      editor,
      states.map(({ id }) => id),
      color,
    );
  const finish = (color: string | null): void => {
    choose(color);
    editor.announce(color === null ? "The usual colour again" : `Colour ${color}`);
    ui.dialog.value = null;
  };
  return (
    <div class="cvw-object-form">
      <p>{states.length === 1 ? editor.nameOf(first) : `${states.length} objects`}</p>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a grid everywhere */}
      <div class="cvw-object-colors" role="group" aria-label="Colours">
        {PALETTE.map((color) => (
          <button
            key={color}
            type="button"
            class="cvw-object-color"
            style={{ background: color }}
            aria-label={color}
            title={color}
            aria-pressed={color === present}
            onClick={() => finish(color)}
          />
        ))}
      </div>
      <label class="cvw-form-row">
        <span>Any colour</span>
        <input type="color" value={present} onInput={(event) => choose(event.currentTarget.value)} />
      </label>
      {colorBy !== "instance" && (
        <p class="cvw-object-note">
          Objects are coloured by {colorBy} now: their own colours are not seen.{" "}
          <button type="button" class="cvw-link" onClick={() => editor.setSetting("colorBy", "instance")}>
            Colour by object
          </button>
        </p>
      )}
      <div class="cvw-form-foot">
        <button type="button" class="cvw-button" disabled={!states.some(({ id }) => own.has(id))} onClick={() => finish(null)}>
          <span class="cvw-swatch" style={{ background: usual }} /> The usual colour again
        </button>
        <button
          type="button"
          class="cvw-button cvw-primary"
          onClick={() => {
            ui.dialog.value = null;
          }}
        >
          Done
        </button>
      </div>
    </div>
  );
}
