/** The lane of what lasts one frame: shapes and tags. */
import { useMemo } from "preact/hooks";
import { useAnnotator } from "../context";
import { ticksOf } from "./marks";
import { leftOf, type TimeRange } from "./range";

export function ShapesLane({ range, width }: { range: TimeRange; width: number }) {
  const { editor } = useAnnotator();
  const job = editor.document;
  const version = job.version.value;
  const found = useMemo(() => ticksOf(job.byFrame, (id) => job.get(id), range, width), [job, version, range, width]);
  const wide = Math.max(2, Math.min(8, leftOf(range.from + 1, range, width) - 1));
  return (
    <div class="cvw-lane-row cvw-lane-shapes" style={{ top: 0 }}>
      <span class="cvw-lane-name">
        <span class="cvw-ellipsis cvw-muted">Shapes and tags</span>
      </span>
      <div class="cvw-lane">
        {found.map(({ frame, tag }) => (
          <span
            key={frame}
            class={`cvw-tick${tag ? " cvw-tick-tag" : ""}`}
            style={{ left: `${leftOf(frame, range, width)}px`, width: `${wide}px` }}
            data-tick={frame}
            title={`${tag ? "Tags" : "Shapes"} on frame ${frame}`}
          />
        ))}
      </div>
    </div>
  );
}
