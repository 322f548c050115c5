/** The side panel of tag annotation: labels for the whole frame, each with its digit. */
import { remove } from "../actions/objects";
import type { LabelSpec } from "../document/records";
import { addTagOf, chosenTag, digitOf, digitsOf, reassign, tagLabels } from "../workspaces/tags";
import { useAnnotator } from "./context";
import { Plus, X } from "./icons";
import { KeyHints } from "./KeyHints";

const HINTS = [
  ["0 – 9", "add the tag of the digit"],
  ["N", "add the chosen tag"],
  ["D F", "previous, next frame"],
] as const;

export function TagsWorkspace() {
  const { editor } = useAnnotator();
  const labels = tagLabels(editor.labels.value);
  const chosen = chosenTag(editor);
  const settings = editor.settings.value;
  const { readOnly } = editor.info;
  return (
    <section class="cvw-work" aria-label="Tag annotation" data-testid="tags-workspace">
      <div class="cvw-work-body">
        <TagsOfFrame />
        {!readOnly && (
          <>
            <h3>Add a tag</h3>
            <ul class="cvw-tag-labels">
              {labels.map((label) => (
                <TagLabel key={label.id} label={label} chosen={label === chosen} />
              ))}
            </ul>
            {labels.length === 0 && <p class="cvw-empty">No label of this task is for tags.</p>}
            <button
              type="button"
              class="cvw-button cvw-primary"
              disabled={!chosen}
              data-testid="add-tag"
              onClick={() => addTagOf(editor, chosen)}
            >
              <Plus size={15} aria-hidden="true" />
              <span class="cvw-ellipsis">Add {chosen ? chosen.name : "tag"}</span>
              <kbd>N</kbd>
            </button>
            <label class="cvw-check">
              <input
                type="checkbox"
                checked={settings.tagThenNext}
                onChange={(event) => editor.setSetting("tagThenNext", event.currentTarget.checked)}
              />
              <span>Automatically go to the next frame</span>
            </label>
          </>
        )}
      </div>
      <KeyHints hints={HINTS} />
    </section>
  );
}

function TagsOfFrame() {
  const { editor } = useAnnotator();
  const tags = editor.objects.value.filter((state) => state.kind === "tag");
  return (
    <>
      <h3>Tags of frame {editor.frame.value}</h3>
      <ul class="cvw-chips" data-testid="frame-tags">
        {tags.map((tag) => {
          const label = editor.labelOf(tag.label);
          return (
            <li key={tag.id} class="cvw-chip" style={{ "--cvw-object": label?.color }}>
              <span class="cvw-swatch" style={{ background: label?.color }} />
              <span class="cvw-ellipsis">{label?.name}</span>
              {!editor.info.readOnly && (
                <button
                  type="button"
                  class="cvw-chip-remove"
                  aria-label={`Remove the tag ${label?.name}`}
                  title="Remove"
                  onClick={() => remove(editor, [tag], true)}
                >
                  <X size={13} aria-hidden="true" />
                </button>
              )}
            </li>
          );
        })}
        {tags.length === 0 && <li class="cvw-muted">None yet.</li>}
      </ul>
    </>
  );
}

function TagLabel({ label, chosen }: { label: LabelSpec; chosen: boolean }) {
  const { editor } = useAnnotator();
  const labels = tagLabels(editor.labels.value);
  const assigned = editor.settings.value.tagDigits;
  const digit = digitOf(digitsOf(labels, assigned), label);
  return (
    <li class={`cvw-label-row${chosen ? " cvw-selected" : ""}`}>
      <button
        type="button"
        class="cvw-label-name"
        aria-pressed={chosen}
        title={`N adds ${label.name}`}
        onClick={() => {
          editor.workspaces.tag.value = label.id;
        }}
        onDblClick={() => addTagOf(editor, label)}
      >
        <span class="cvw-swatch" style={{ background: label.color }} />
        <span class="cvw-ellipsis">{label.name}</span>
      </button>
      <select
        class="cvw-select"
        aria-label={`Key of ${label.name}`}
        title="The digit that adds this tag"
        value={digit ?? ""}
        onChange={(event) => {
          const next = reassign(labels, assigned, label, Number(event.currentTarget.value));
          editor.setSetting("tagDigits", next);
          event.currentTarget.closest<HTMLElement>(".cvw-root")?.focus({ preventScroll: true });
        }}
      >
        {digit === null && <option value="">–</option>}
        {[1, 2, 3, 4, 5, 6, 7, 8, 9, 0].map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </li>
  );
}
