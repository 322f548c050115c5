/** The link to an object: shown where the browser does not let the page copy it, and followed where one was opened. */
import { effect, untracked } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { forgetLink, linkOfSelection, openedLink, showObject } from "../actions/object-link";
import { useAnnotator } from "./context";
import { Dialog } from "./Dialog";

export function LinkDialog() {
  return (
    <Dialog name="link" title="Link to the object">
      <LinkField />
    </Dialog>
  );
}

function LinkField() {
  const { editor } = useAnnotator();
  return (
    <div class="cvw-object-form">
      <p>The browser does not let the page copy. Press Ctrl+C here:</p>
      <input
        class="cvw-field"
        aria-label="Link"
        readOnly
        value={linkOfSelection(editor) ?? ""}
        onFocus={(event) => event.currentTarget.select()}
      />
    </div>
  );
}

/** Takes up a link to an object of this job, when the page is opened with one and whenever another one is opened in it. */
export function FollowLink() {
  const { editor, scene } = useAnnotator();
  useEffect(
    () =>
      effect(() => {
        const link = openedLink.value;
        if (link?.job !== editor.info.job.id) return;
        untracked(() => {
          if (showObject(editor, link.id, link.frame)) scene.host.closest(".cvw-root")?.scrollIntoView({ block: "nearest" });
          else editor.toast("info", "The object that the link leads to is not there any more.");
        });
        // Other annotators of the job on this page hear of it, too, before it is forgotten.
        queueMicrotask(forgetLink);
      }),
    [editor, scene],
  );
  return null;
}
