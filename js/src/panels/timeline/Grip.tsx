/** The upper edge of the timeline, by which it is made higher. */
import { useAnnotator } from "../context";

const LEAST = 74;
const MOST = 480;
const STEP = 22;

export function Grip({ height }: { height: number }) {
  const { editor } = useAnnotator();
  const set = (wanted: number): void =>
    editor.setSetting("timelineHeight", Math.round(Math.min(Math.max(wanted, LEAST), MOST)));
  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule cannot be moved, this separator can
    <div
      class="cvw-timeline-grip"
      role="separator"
      aria-orientation="horizontal"
      aria-label="Height of the timeline"
      aria-valuenow={height}
      aria-valuemin={LEAST}
      aria-valuemax={MOST}
      tabIndex={0}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => {
        if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
        const timeline = event.currentTarget.parentElement;
        if (timeline) set(timeline.getBoundingClientRect().bottom - event.clientY);
      }}
      onKeyDown={(event) => {
        const by = { ArrowUp: STEP, ArrowDown: -STEP }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        set(height + by);
      }}
    />
  );
}
