/** What can be done with objects, from wherever it is asked: keys, panels, menus. */
import {
  addTag,
  mergeEdits,
  pasteObjects,
  removeObjects,
  setAttribute,
  setFlag,
  setLabel,
  setZOrder,
  splitAttributes,
  toggleKeyframe,
} from "../document/edits";
import type { AttributeSpec, LabelSpec, ObjectState } from "../document/records";
import { firstKeyframe, lastKeyframe, nextKeyframe, previousKeyframe } from "../document/timeline";
import type { Editor } from "../editor";

const PASTE_SHIFT = 10;

/** "car 12", or "3 objects". */
export function named(editor: Editor, states: readonly ObjectState[]): string {
  const [first] = states;
  return states.length === 1 && first ? editor.nameOf(first) : `${states.length} objects`;
}

function done(editor: Editor, text: string): void {
  editor.announce(text);
}

function unlocked(editor: Editor, states: readonly ObjectState[]): readonly ObjectState[] {
  const free = states.filter((state) => !editor.isLocked(state.id));
  if (free.length < states.length) editor.toast("info", "Locked objects were left alone. Unlock them with L.");
  return free;
}

export function remove(editor: Editor, states: readonly ObjectState[], force = false): void {
  const chosen = force ? states : unlocked(editor, states);
  if (chosen.length === 0) return;
  const ids = chosen.map((state) => state.id);
  editor.selection.value = editor.selection.peek().filter((id) => !ids.includes(id));
  editor.commit(`Delete ${named(editor, chosen)}`, removeObjects(ids));
  done(editor, `Deleted ${named(editor, chosen)}`);
}

export function copy(editor: Editor, states: readonly ObjectState[]): void {
  if (states.length === 0) return;
  editor.clipboard.value = states;
  done(editor, `Copied ${named(editor, states)}`);
}

export function paste(editor: Editor): void {
  const states = editor.clipboard.peek();
  if (states.length === 0) return;
  const frame = editor.frame.peek();
  const here = editor.objects.peek();
  // On the frame they come from, copies are moved a little, or nobody would see them.
  const covered = states.some((state) => here.some((other) => other.points.join() === state.points.join()));
  const edit = splitAttributes(pasteObjects(editor.document, states, frame, covered ? PASTE_SHIFT : 0), (id) =>
    editor.labelOf(id),
  );
  editor.commit(`Paste ${named(editor, states)}`, edit);
  editor.selection.value = (edit.added ?? []).map((record) => record.id);
  if (covered) editor.clipboard.value = editor.selected.peek();
  done(editor, `Pasted ${named(editor, states)}`);
}

export function toggleFlag(editor: Editor, states: readonly ObjectState[], flag: "occluded" | "outside"): void {
  const chosen = unlocked(editor, states).filter(
    (state) => state.kind !== "tag" && (flag === "occluded" || state.kind === "track"),
  );
  if (chosen.length === 0) return;
  const value = !chosen.every((state) => state[flag]);
  const edit = mergeEdits(...chosen.map((state) => setFlag(editor.document, state, flag, value)));
  editor.commit(`${value ? "Set" : "Clear"} ${flag} of ${named(editor, chosen)}`, edit);
  done(editor, `${named(editor, chosen)} ${value ? "is" : "is no longer"} ${flag}`);
}

export function toggleKeyframes(editor: Editor, states: readonly ObjectState[]): void {
  const tracks = unlocked(editor, states).filter((state) => state.kind === "track");
  const edits = tracks.flatMap((state) => toggleKeyframe(editor.document, state) ?? []);
  if (edits.length < tracks.length)
    editor.toast("info", "The only keyframe of a track cannot be removed: delete the track instead.");
  if (edits.length === 0) return;
  editor.commit(`Toggle keyframe of ${named(editor, tracks)}`, mergeEdits(...edits));
}

/** Give an attribute of an object a value. */
export function assign(editor: Editor, state: ObjectState, spec: AttributeSpec, value: string): void {
  if (value === (state.attributes[spec.id] ?? spec.default_value)) return;
  if (unlocked(editor, [state]).length === 0) return;
  const name = editor.nameOf(state);
  editor.commit(`Set ${spec.name} of ${name}`, setAttribute(editor.document, state, spec, value));
  done(editor, `${name}: ${spec.name} ${value}`);
}

export function relabel(editor: Editor, states: readonly ObjectState[], label: LabelSpec): void {
  const fitting = unlocked(editor, states).filter(
    (state) => state.label !== label.id && (label.type === "any" || label.type === state.type),
  );
  if (fitting.length === 0) return;
  const edits = fitting.map((state) => setLabel(editor.document, state, label, editor.labelOf(state.label)));
  editor.commit(`Label ${named(editor, fitting)} as ${label.name}`, mergeEdits(...edits));
  done(editor, `${named(editor, fitting)}: ${label.name}`);
}

export function arrange(editor: Editor, states: readonly ObjectState[], where: "front" | "back"): void {
  const drawn = unlocked(editor, states).filter((state) => state.kind !== "tag");
  if (drawn.length === 0) return;
  const layers = editor.document.statesAt(editor.frame.peek()).map((state) => state.z_order);
  const layer = where === "front" ? Math.max(0, ...layers) + 1 : Math.min(0, ...layers) - 1;
  const edits = drawn.map((state) => setZOrder(editor.document, state, layer));
  editor.commit(`Bring ${named(editor, drawn)} to the ${where}`, mergeEdits(...edits));
}

export function tagFrame(editor: Editor, label: LabelSpec): void {
  const frame = editor.frame.peek();
  if (editor.document.statesAt(frame).some((state) => state.kind === "tag" && state.label === label.id)) {
    editor.toast("info", `The frame has the tag "${label.name}" already.`);
    return;
  }
  editor.commit(`Tag frame ${frame} as ${label.name}`, addTag(editor.document, frame, label));
  done(editor, `Tagged frame ${frame}: ${label.name}`);
}

/** Change a set of ids that belongs to the view: locked, hidden, pinned. */
export function toggleIds(editor: Editor, set: "locked" | "hidden" | "pinned", ids: readonly number[], value?: boolean): void {
  if (ids.length === 0) return;
  const next = new Set(editor[set].peek());
  const on = value ?? !ids.every((id) => next.has(id));
  for (const id of ids) {
    if (on) next.add(id);
    else next.delete(id);
  }
  editor[set].value = next;
  done(editor, `${ids.length === 1 ? "The object is" : `${ids.length} objects are`} ${on ? set : `no longer ${set}`}`);
}

/** The next keyframe of the selected track in a direction, or the one at an end. */
export function seekKeyframe(editor: Editor, direction: 1 | -1 | "first" | "last"): void {
  const [state] = editor.selected.peek();
  const id = state?.id ?? editor.selection.peek()[0];
  const record = id === undefined ? undefined : editor.document.get(id);
  if (record?.kind !== "track") return;
  const seek = { first: firstKeyframe, last: lastKeyframe, "1": nextKeyframe, "-1": previousKeyframe }[`${direction}`];
  const frame = seek(record, editor.frame.peek());
  if (frame !== null) editor.player.seek(frame);
}

/** Select the object after (or before) the selected one in the list. */
export function selectNeighbour(editor: Editor, direction: 1 | -1): void {
  const states = [...editor.objects.peek()].sort((a, b) => a.id - b.id);
  if (states.length === 0) return;
  const at = states.findIndex((state) => state.id === editor.selection.peek()[0]);
  const next = states[(at < 0 ? (direction > 0 ? 0 : states.length - 1) : at + direction + states.length) % states.length];
  if (!next) return;
  editor.selection.value = [next.id];
  done(editor, `${editor.nameOf(next)} selected`);
}
