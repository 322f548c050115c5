/** The place of the timeline while it is being fetched. */
import { useAnnotator } from "../context";

/** The bar that stays when it is folded. */
const HEAD = 30;

export function TimelineRoom() {
  const { timelineOpen, timelineHeight } = useAnnotator().editor.settings.value;
  return <div class="cvw-timeline" style={{ height: `${timelineOpen ? timelineHeight : HEAD}px` }} />;
}
