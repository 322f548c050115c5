/** Buttons of the review in the bars: the guide and the job at the top, opening an issue among the tools. */
import { useAnnotator } from "../context";
import { ActionButton } from "../IconButton";
import { BookOpen, ClipboardList, MessageSquarePlus } from "./icons";

export function TeamButtons() {
  const { editor } = useAnnotator();
  const { stage, state, guide } = editor.review.value;
  return (
    <>
      {guide !== "none" && <ActionButton id="guide" icon={BookOpen} />}
      <ActionButton id="job" icon={ClipboardList} name={`Job ${editor.info.job.id}: ${stage}, ${state}`} />
    </>
  );
}

export function ReviewTools() {
  const { editor } = useAnnotator();
  if (editor.info.readOnly) return null;
  return (
    <ActionButton
      id="open-issue"
      icon={MessageSquarePlus}
      name="Open an issue: click a point or drag a region"
      pressed={editor.tool.value === "issue"}
    />
  );
}
