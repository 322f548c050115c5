/** Colours that the user gives to single objects: a matter of the view, kept with the other settings. */
import type { Editor } from "../editor";
import { keptColor } from "../scene/colors";

/** So many are remembered, over all tasks; the ones that were chosen first make room. */
export const MOST_COLORS = 300;

/** Give objects a colour of their own; null: the one that coloring by object gives them. */
export function colorObjects(editor: Editor, ids: readonly number[], color: string | null): void {
  const task = editor.info.task.id;
  const kept = editor.settings.peek().objectColors;
  const chosen = new Set(ids.map((id) => keptColor(task, id, "")));
  const others = kept.filter((each) => !chosen.has(each.slice(0, each.lastIndexOf("/") + 1)));
  const added = color === null ? [] : ids.map((id) => keptColor(task, id, color));
  editor.setSetting("objectColors", [...others, ...added].slice(-MOST_COLORS));
}
