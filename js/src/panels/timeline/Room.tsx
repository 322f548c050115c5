/** The place of the timeline while it is being fetched. */
import { TIMELINE_HEAD } from "../../layout-settings";
import { useAnnotator } from "../context";

export function TimelineRoom() {
  const { timelineOpen, timelineHeight } = useAnnotator().editor.settings.value;
  return <div class="cvw-timeline" style={{ height: `${timelineOpen ? timelineHeight : TIMELINE_HEAD}px` }} />;
}
