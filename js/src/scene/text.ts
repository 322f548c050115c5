/** What is written beside a selected object. */
import type { ObjectState } from "../document/records";
import type { Editor } from "../editor";

const MAX_LINES = 9;
const MAX_CHARACTERS = 48;

export function textOf(state: ObjectState, editor: Pick<Editor, "labelOf" | "nameOf">): string[] {
  const lines = [editor.nameOf(state)];
  if (state.source !== "manual") lines[0] += ` (${state.source}${state.score < 1 ? ` ${state.score.toFixed(2)}` : ""})`;
  for (const spec of editor.labelOf(state.label)?.attributes ?? []) {
    const value = state.attributes[spec.id];
    if (value !== undefined && value !== "") lines.push(`${spec.name}: ${value}`);
  }
  if (lines.length > MAX_LINES) lines.splice(MAX_LINES - 1, lines.length, "…");
  return lines.map((line) => {
    const flat = line.replaceAll(/\s+/g, " ");
    return flat.length > MAX_CHARACTERS ? `${flat.slice(0, MAX_CHARACTERS - 1)}…` : flat;
  });
}
