/** Edits that make many objects need many ids at once, more than are kept in reserve. */
import type { Editor } from "../editor";
import { messageOf } from "../words";

/** The kernel gives out so many in one block. */
const BLOCK = 10_000;

/** Do something once the document has ids for so many new objects; false if the kernel gives none, or it was not done. */
export async function withIds(editor: Editor, count: number, act: () => boolean): Promise<boolean> {
  try {
    while (editor.document.idsLeft < count + 1) {
      const wanted = Math.min(Math.max(count + 1 - editor.document.idsLeft, 64), BLOCK);
      const { result } = await editor.link.call<{ first: number; last: number }>("ids", { count: wanted });
      editor.document.addIds(result.first, result.last);
    }
    return act();
  } catch (error) {
    editor.toast("error", messageOf(error));
    return false;
  }
}
