/** Attribute annotation: one attribute of one object at a time, by keys. */
import { assign } from "../actions/objects";
import type { AttributeSpec, ObjectState } from "../document/records";
import type { Editor } from "../editor";
import { nearestFrame, shownOn } from "./frames";

/** So many values have a digit. */
const DIGITS = 10;

/** The values that digits choose: 0 is the first. Free texts and long ranges of numbers have none. */
export function choicesOf(spec: AttributeSpec): readonly string[] {
  if (spec.input_type === "checkbox") return ["false", "true"];
  if (spec.input_type === "text") return [];
  if (spec.input_type !== "number") return spec.values;
  const [low, high, step] = spec.values.map(Number) as [number, number, number];
  const count = Math.floor((high - low) / step + 1e-9) + 1;
  if (!(step > 0) || !(count >= 1 && count <= DIGITS)) return [];
  return Array.from({ length: count }, (_, i) => String(Number((low + i * step).toFixed(10))));
}

/** Whether the value is typed into a field. */
export function isTyped(spec: AttributeSpec): boolean {
  return choicesOf(spec).length === 0;
}

export function attributesOf(editor: Editor, state: Pick<ObjectState, "label">): readonly AttributeSpec[] {
  return editor.labelOf(state.label)?.attributes ?? [];
}

/** The objects of a frame that have attributes, in the order in which they are annotated. */
export function candidates(editor: Editor, frame: number): readonly ObjectState[] {
  return shownOn(editor, frame)
    .filter((state) => attributesOf(editor, state).length > 0)
    .sort((a, b) => a.id - b.id);
}

export interface Place {
  readonly state: ObjectState;
  readonly specs: readonly AttributeSpec[];
  readonly index: number;
  readonly spec: AttributeSpec;
}

/** The object and the attribute that are being annotated; null if nothing is. */
export function placeOf(editor: Editor): Place | null {
  const [state] = editor.selected.value;
  if (!state) return null;
  const specs = attributesOf(editor, state);
  const index = Math.min(editor.workspaces.attribute.value, specs.length - 1);
  const spec = specs[index];
  return spec ? { state, specs, index, spec } : null;
}

/** Set the present attribute to the value of a digit; true if the digit has one. */
export function chooseValue(editor: Editor, digit: number): boolean {
  const place = placeOf(editor);
  const value = place && choicesOf(place.spec)[digit];
  if (!place || value === undefined || value === null) return false;
  assign(editor, place.state, place.spec, value);
  return true;
}

/** The next or previous attribute of the object, round and round. */
export function stepAttribute(editor: Editor, direction: 1 | -1): void {
  const place = placeOf(editor);
  if (!place) {
    stepObject(editor, direction);
    return;
  }
  const index = (place.index + direction + place.specs.length) % place.specs.length;
  editor.workspaces.attribute.value = index;
  editor.announce(`${place.specs[index]?.name} of ${editor.nameOf(place.state)}`);
}

function choose(editor: Editor, state: ObjectState): void {
  editor.selection.value = [state.id];
  editor.workspaces.attribute.value = 0;
  editor.announce(`${editor.nameOf(state)}: ${attributesOf(editor, state)[0]?.name}`);
}

/** The next or previous object; when the frame has no more, the first or last of the next frame that has some. */
export function stepObject(editor: Editor, direction: 1 | -1): void {
  const here = candidates(editor, editor.frame.peek());
  const [selected] = editor.selection.peek();
  const at = here.findIndex((state) => state.id === selected);
  const next = at < 0 ? here.at(direction > 0 ? 0 : -1) : here[at + direction];
  if (next) {
    choose(editor, next);
    return;
  }
  stepFrame(editor, direction);
}

/** The next or previous frame with objects to annotate. */
export function stepFrame(editor: Editor, direction: 1 | -1): void {
  const frame = nearestFrame(editor, direction, (each) => candidates(editor, each).length > 0);
  if (frame === null) {
    const which = editor.filtering.peek().matcher ? "object that passes the filter" : "object with attributes";
    editor.toast("info", `There is no ${which} ${direction > 0 ? "after" : "before"} this one.`);
    return;
  }
  editor.player.pause();
  editor.player.seek(frame);
  const state = candidates(editor, frame).at(direction > 0 ? 0 : -1);
  if (state) choose(editor, state);
}
