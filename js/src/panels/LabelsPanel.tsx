import { toggleIds } from "../actions/objects";
import { useAnnotator } from "./context";
import { IconButton, KeyHint } from "./IconButton";
import { Eye, EyeOff, Lock, LockOpen, Pencil } from "./icons";

export function LabelsPanel() {
  const { editor, ui } = useAnnotator();
  const states = editor.objects.value;
  return (
    <ul class="cvw-list cvw-labels" aria-label="Labels">
      {editor.labels.value.map((label, index) => {
        const ids = states.filter((state) => state.label === label.id).map((state) => state.id);
        const locked = ids.length > 0 && ids.every((id) => editor.locked.value.has(id));
        const hidden = ids.length > 0 && ids.every((id) => editor.hidden.value.has(id));
        const active = editor.activeLabel.value === label.id;
        return (
          <li key={label.id} class={`cvw-label-row${active ? " cvw-selected" : ""}`}>
            <button
              type="button"
              class="cvw-label-name"
              aria-pressed={active}
              title={`Use ${label.name} for the next object`}
              onClick={() => {
                editor.activeLabel.value = label.id;
              }}
            >
              <span class="cvw-swatch" style={{ background: label.color }} />
              <span class="cvw-ellipsis">{label.name}</span>
              {index < 10 && <KeyHint action={`label-${index + 1}`} />}
            </button>
            <span class="cvw-count" title="Objects on this frame">
              {ids.length}
            </span>
            <IconButton
              icon={locked ? Lock : LockOpen}
              label={`${locked ? "Unlock" : "Lock"} all ${label.name}`}
              pressed={locked}
              disabled={ids.length === 0}
              small
              onClick={() => toggleIds(editor, "locked", ids, !locked)}
            />
            <IconButton
              icon={hidden ? EyeOff : Eye}
              label={`${hidden ? "Show" : "Hide"} all ${label.name}`}
              pressed={hidden}
              disabled={ids.length === 0}
              small
              onClick={() => toggleIds(editor, "hidden", ids, !hidden)}
            />
          </li>
        );
      })}
      {editor.labels.value.length === 0 && <li class="cvw-empty">The task has no labels.</li>}
      {!editor.info.readOnly && (
        <li class="cvw-labels-edit">
          <button
            type="button"
            class="cvw-button"
            data-testid="edit-labels"
            onClick={() => {
              ui.dialog.value = "labels";
            }}
          >
            <Pencil size={14} aria-hidden="true" />
            Edit labels
          </button>
        </li>
      )}
    </ul>
  );
}
