import { toggleIds } from "../actions/objects";
import type { ObjectState } from "../document/records";
import type { Editor } from "../editor";
import { useAnnotator } from "./context";
import { IconButton } from "./IconButton";
import { ChevronDown, ChevronRight, Eye, EyeOff, Lock, LockOpen } from "./icons";
import { ObjectRow, rowId } from "./ObjectRow";
import { useWindow } from "./windowed";

export function sortStates(states: readonly ObjectState[], by: "id" | "label" | "layer", editor: Pick<Editor, "labelOf">) {
  const sorted = [...states];
  if (by === "layer") sorted.sort((a, b) => b.z_order - a.z_order || a.id - b.id);
  else if (by === "label")
    sorted.sort(
      (a, b) => (editor.labelOf(a.label)?.name ?? "").localeCompare(editor.labelOf(b.label)?.name ?? "") || a.id - b.id,
    );
  else sorted.sort((a, b) => a.id - b.id);
  return sorted;
}

/** The selection after a row was chosen with a click or a key. */
export function selectionAfter(
  present: readonly number[],
  list: readonly number[],
  id: number,
  { add, range }: { add: boolean; range: boolean },
): readonly number[] {
  const anchor = present[present.length - 1];
  if (range && anchor !== undefined && list.includes(anchor)) {
    const [from, to] = [list.indexOf(anchor), list.indexOf(id)].sort((a, b) => a - b) as [number, number];
    return [...list.slice(from, to + 1).filter((each) => each !== anchor), anchor];
  }
  if (add) return present.includes(id) ? present.filter((each) => each !== id) : [...present, id];
  return [id];
}

export function ObjectsPanel({ root }: { root: string }) {
  const { editor, ui } = useAnnotator();
  const states = withOutsideSelection(editor, editor.objects.value);
  const sorted = sortStates(states, ui.sort.value, editor);
  const ids = sorted.map((state) => state.id);
  const active = editor.selection.value[editor.selection.value.length - 1];
  const position = active === undefined ? -1 : ids.indexOf(active);
  const { list, shown, look } = useWindow(ids, active);
  const select = (id: number, event: { shiftKey: boolean; ctrlKey: boolean; metaKey: boolean }): void => {
    const add = event.ctrlKey || event.metaKey;
    editor.selection.value = selectionAfter(editor.selection.peek(), ids, id, { add, range: event.shiftKey });
  };
  const move = (event: KeyboardEvent): void => {
    const next = { ArrowDown: position + 1, ArrowUp: position - 1, Home: 0, End: ids.length - 1 }[event.key];
    if (next === undefined || event.target !== list.current) return;
    const id = ids[Math.min(Math.max(next, 0), ids.length - 1)];
    if (id !== undefined) select(id, { shiftKey: event.shiftKey, ctrlKey: false, metaKey: false });
    event.preventDefault();
    event.stopPropagation();
  };
  const allLocked = ids.length > 0 && ids.every((id) => editor.locked.value.has(id));
  const all = editor.filtering.value.matcher ? editor.document.statesAt(editor.frame.value).length : states.length;
  const allExpanded = ids.length > 0 && ids.every((id) => ui.expanded.value.has(id));
  const allHidden = ids.length > 0 && ids.every((id) => editor.hidden.value.has(id));
  return (
    <>
      <div class="cvw-panel-tools">
        <span class="cvw-muted">
          {editor.filtering.value.matcher && `${editor.objects.value.length} of `}
          {all} object{all === 1 ? "" : "s"}
        </span>
        <span class="cvw-spring" />
        <IconButton
          icon={allLocked ? Lock : LockOpen}
          label={allLocked ? "Unlock all" : "Lock all"}
          action="lock-all"
          small
          disabled={ids.length === 0}
          onClick={() => toggleIds(editor, "locked", ids)}
        />
        <IconButton
          icon={allHidden ? EyeOff : Eye}
          label={allHidden ? "Show all" : "Hide all"}
          action="hide-all"
          small
          disabled={ids.length === 0}
          onClick={() => toggleIds(editor, "hidden", ids)}
        />
        <IconButton
          icon={allExpanded ? ChevronDown : ChevronRight}
          label={allExpanded ? "Collapse all" : "Expand all"}
          small
          disabled={ids.length === 0}
          onClick={() => {
            ui.expanded.value = new Set(allExpanded ? [] : ids);
          }}
        />
        <select
          class="cvw-select"
          aria-label="Sort objects"
          value={ui.sort.value}
          onChange={(event) => {
            ui.sort.value = event.currentTarget.value as "id" | "label" | "layer";
          }}
        >
          <option value="id">by id</option>
          <option value="label">by label</option>
          <option value="layer">by layer</option>
        </select>
      </div>
      <div
        ref={list}
        class="cvw-list"
        role="grid"
        tabIndex={0}
        aria-label="Objects on this frame"
        aria-multiselectable="true"
        aria-rowcount={ids.length}
        aria-activedescendant={position >= 0 && active !== undefined ? rowId(root, active) : undefined}
        data-testid="objects"
        onKeyDown={move}
        onScroll={look}
      >
        <div role="presentation" style={{ height: `${shown.before}px` }} />
        {sorted.slice(shown.first, shown.last).map((state) => (
          <ObjectRow key={state.id} state={state} root={root} onSelect={(event) => select(state.id, event)} />
        ))}
        <div role="presentation" style={{ height: `${shown.after}px` }} />
        {states.length === 0 && (
          <div role="row" tabIndex={-1}>
            <div class="cvw-empty" role="gridcell" tabIndex={-1}>
              No objects on this frame.
              {!editor.info.readOnly && (
                <>
                  {" "}
                  Press <kbd>N</kbd> to draw one.
                </>
              )}
            </div>
          </div>
        )}
      </div>
    </>
  );
}

/** A selected track that is outside here stays in the list, so that it can be brought back. */
function withOutsideSelection(editor: Editor, states: readonly ObjectState[]): readonly ObjectState[] {
  const frame = editor.frame.value;
  const here = new Set(states.map((state) => state.id));
  const { matcher } = editor.filtering.value;
  const wanted = editor.settings.value.showOutsideTracks
    ? editor.document.tracks().map((track) => track.id)
    : editor.selection.value;
  const outside = wanted.flatMap((id) => {
    const state = here.has(id) ? null : editor.document.stateOf(id, frame);
    return state?.outside && (matcher?.test(state) ?? true) ? state : [];
  });
  return [...states, ...outside];
}
