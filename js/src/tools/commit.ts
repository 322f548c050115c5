/** From figures to edits: the only place where tools change annotations. */
import { addShape, addTrack, mergeEdits, type NewObject, setElements, setPose } from "../document/edits";
import type { Edit, LabelSpec, ObjectState, ShapeType } from "../document/records";
import type { Editor } from "../editor";
import { elementsOf } from "../shapes/figure";
import type { Figure } from "../shapes/kind";
import { rounded } from "./rules";

/** Give objects new figures, as one change called "<verb> <what>"; `states` are the objects as they looked before. */
export function commitFigures(
  editor: Editor,
  verb: string,
  figures: ReadonlyMap<number, Figure>,
  states: readonly ObjectState[] = editor.objects.peek(),
): void {
  const edits: Edit[] = [];
  const changed: ObjectState[] = [];
  for (const state of states) {
    const figure = figures.get(state.id);
    // An undo that was under way, or somebody else, may have taken the object meanwhile.
    if (!figure || !editor.document.get(state.id)) continue;
    const { points, rotation } = rounded(figure);
    changed.push(state);
    if (state.type === "skeleton") edits.push(setElements(editor.document, state, elementsOf(state, rounded(figure))));
    else edits.push(setPose(editor.document, state, points, rotation));
  }
  const [first] = changed;
  if (!first) return;
  const what = changed.length === 1 ? editor.nameOf(first) : `${changed.length} objects`;
  editor.commit(`${verb} ${what}`, mergeEdits(...edits));
  editor.announce(`${verb} ${what}`);
}

/** Why no shape of a type can be drawn now, in words for the user; null if one can. */
export function drawingRefusal(editor: Editor, type: ShapeType): string | null {
  if (editor.info.readOnly) return "This view is read-only.";
  if (editor.frames.deleted.has(editor.frame.peek())) return "The frame is deleted: restore it to draw on it.";
  const label = editor.labelOf(editor.activeLabel.peek());
  if (!label) return "Add a label before drawing.";
  if (type === "skeleton" && label.sublabels.length === 0)
    return `Label "${label.name}" has no skeleton: give it joints with task.set_labels.`;
  if (label.type !== "any" && label.type !== type)
    return `Label "${label.name}" is for ${plural(label.type)}, not ${plural(type)}.`;
  return null;
}

export function plural(type: LabelSpec["type"]): string {
  if (type === "points" || type === "any") return type;
  return `${type}s`;
}

function skeletonOptions(label: LabelSpec, points: readonly number[], frame: number): NewObject {
  const joints = label.sublabels.map((sublabel, i) => ({
    label: sublabel,
    points: [points[2 * i] as number, points[2 * i + 1] as number],
  }));
  return { frame, label, type: "skeleton", points: [], joints };
}

/** Add a drawn shape, or a track that begins with it, on the present frame; returns its id. */
export function commitDrawing(editor: Editor, figure: Figure): number | null {
  const label = editor.labelOf(editor.activeLabel.peek());
  if (!label) return null;
  const frame = editor.frame.peek();
  const redrawn = editor.redrawing.peek();
  if (redrawn !== null) {
    editor.redrawing.value = null;
    const state = editor.document.stateOf(redrawn, frame);
    if (state) {
      commitFigures(editor, "Redraw", new Map([[redrawn, figure]]), [state]);
      return redrawn;
    }
  }
  const { type, points, rotation } = rounded(figure);
  const drawn = type === "skeleton" ? skeletonOptions(label, points, frame) : { frame, label, type, points, rotation };
  const layer = editor.layer.peek();
  const options: NewObject = layer === null ? drawn : { ...drawn, z_order: layer };
  const asTrack = editor.drawMode.peek() === "track";
  const edit = asTrack ? addTrack(editor.document, options) : addShape(editor.document, options);
  const id = edit.added?.[0]?.id ?? null;
  if (id === null) return null;
  editor.commit(`Draw ${editor.nameOf({ id, label: label.id })}`, edit);
  editor.announce(`Drew ${editor.nameOf({ id, label: label.id })}`);
  return id;
}
