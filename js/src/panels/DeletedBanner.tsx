import { run } from "../actions/actions";
import { useAnnotator } from "./context";

/** Over the canvas: this frame is taken out of the task. */
export function DeletedBanner() {
  const context = useAnnotator();
  const { editor } = context;
  if (!editor.frames.deleted.has(editor.frame.value)) return null;
  return (
    <div class="cvw-deleted" role="status" data-testid="deleted-frame">
      <strong>Deleted frame</strong>
      <span>It is left out of exports; its annotations are kept.</span>
      {!editor.info.readOnly && (
        <button type="button" class="cvw-button" onClick={() => run("delete-frame", context)}>
          Restore
        </button>
      )}
    </div>
  );
}
