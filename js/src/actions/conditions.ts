/** What actions ask before they run. */
import type { Context } from "./context";

export const selected = ({ editor }: Context) => editor.selected.value;
export const hasSelection = (context: Context) => selected(context).length > 0;
export const hasTrack = (context: Context) => selected(context).some((state) => state.kind === "track");
export const writable = ({ editor }: Context) => !editor.info.readOnly;
export const editing = (context: Context) => writable(context) && hasSelection(context);
export const ids = (context: Context) => selected(context).map((state) => state.id);
