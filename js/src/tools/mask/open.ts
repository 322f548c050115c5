/** The way into the mask tool with a mask that is there already. */
import type { ObjectState } from "../../document/records";
import type { Editor } from "../../editor";

/** Open a mask for changes; false if it cannot be changed now. */
export function editMask(editor: Editor, state: ObjectState): boolean {
  if (state.type !== "mask" || editor.info.readOnly) return false;
  if (editor.isLocked(state.id)) {
    editor.toast("info", `${editor.nameOf(state)} is locked. Unlock it with L.`);
    return false;
  }
  editor.masks.target.value = state.id;
  editor.tool.value = "mask";
  return true;
}
