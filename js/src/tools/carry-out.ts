/** What becomes of the answer of an operation on whole objects. */

import type { Edit } from "../document/records";
import { Refusal } from "../document/refusal";
import type { Editor } from "../editor";

/** Commit what an operation gave, or say why it gave nothing; true if something was done. */
export function carryOut(editor: Editor, label: string, result: Edit | Refusal): boolean {
  if (result instanceof Refusal) {
    editor.toast("warning", result.reason);
    return false;
  }
  editor.commit(label, result);
  const added = (result.added ?? []).map((record) => record.id);
  if (added.length > 0) editor.selection.value = added;
  editor.announce(label);
  return true;
}
