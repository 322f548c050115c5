/** From what a model suggested and a person accepted to one edit. */
import { addShape, addTrack, mergeEdits, setPose } from "../../document/edits";
import type { Edit, FieldChange, ObjectState } from "../../document/records";
import type { Editor } from "../../editor";
import { decodeMask } from "../../geometry/bitmap";
import type { Figure } from "../../shapes/kind";
import { takeFromOthers } from "../mask/commit";
import { rounded } from "../rules";

/** Changes an object into what was suggested for it. */
function refined(editor: Editor, state: ObjectState, figure: Figure, score: number): Edit {
  const fields: Record<string, FieldChange> = {};
  if (state.source !== "semi-auto") fields.source = [state.source, "semi-auto"];
  if (state.score !== score) fields.score = [state.score, score];
  return mergeEdits(setPose(editor.document, state, figure.points, 0), { updated: { [state.id]: fields } });
}

/** A new shape, or a track that begins with it, of the active label on the present frame. */
function added(editor: Editor, figure: Figure, score: number): Edit | null {
  const label = editor.labelOf(editor.activeLabel.peek());
  if (!label) return null;
  const options = { frame: editor.frame.peek(), label, type: figure.type, points: figure.points };
  const asTrack = editor.drawMode.peek() === "track";
  const edit = asTrack ? addTrack(editor.document, options) : addShape(editor.document, options);
  return { ...edit, added: edit.added?.map((record) => ({ ...record, source: "semi-auto" as const, score })) ?? [] };
}

/** Take over a suggestion, as one change with source semi-auto; returns the object's id. */
export function commitSuggestion(
  editor: Editor,
  suggested: Figure,
  score: number,
  by: string,
  target: ObjectState | null,
): number | null {
  const figure = suggested.type === "mask" ? suggested : rounded(suggested);
  const own = target ? refined(editor, target, figure, score) : added(editor, figure, score);
  const id = target?.id ?? own?.added?.[0]?.id ?? null;
  if (!own || id === null) return null;
  const underlying = figure.type === "mask" && editor.masks.removeUnderlying.peek();
  const others = underlying ? takeFromOthers(editor, decodeMask(figure.points), editor.frame.peek(), id) : [];
  const name = editor.nameOf({ id, label: target?.label ?? editor.activeLabel.peek() });
  const text = `${target ? "Refine" : "Draw"} ${name} with ${by}`;
  editor.commit(text, mergeEdits(own, ...others));
  editor.announce(text);
  return id;
}
