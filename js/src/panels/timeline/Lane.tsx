/** One track on the timeline. */
import type { TrackRecord } from "../../document/records";
import { keyframeFrames } from "../../geometry/interpolation";
import { useAnnotator } from "../context";
import { apart, spansOf } from "./marks";
import { leftOf, type TimeRange } from "./range";

export interface LaneProps {
  readonly track: TrackRecord;
  readonly top: number;
  readonly range: TimeRange;
  readonly width: number;
  /** A keyframe of this track that is being dragged, and where to. */
  readonly dragged: { readonly from: number; readonly to: number } | null;
}

/** Diamonds nearer to one another than this many pixels cannot be told apart. */
const LEAST_APART = 3;

export function Lane({ track, top, range, width, dragged }: LaneProps) {
  const { editor } = useAnnotator();
  const label = editor.labelOf(track.label);
  const color = editor.colorOf(track);
  const selected = editor.selection.value.includes(track.id);
  const frames = keyframeFrames(track.keyframes);
  const clip = (frame: number): number => Math.min(Math.max(leftOf(frame, range, width), -4), width + 4);
  const half = leftOf(range.from + 0.5, range, width);
  return (
    <div
      class={`cvw-lane-row${selected ? " cvw-selected" : ""}`}
      style={{ "--cvw-object": color, top: `${top}px` }}
      data-track={track.id}
    >
      <button
        type="button"
        class="cvw-lane-name"
        title={`Select ${label?.name} ${track.id}`}
        onClick={() => {
          editor.selection.value = [track.id];
        }}
      >
        <span class="cvw-swatch" style={{ background: color }} />
        <span class="cvw-ellipsis">
          {label?.name} {track.id}
        </span>
      </button>
      <div class="cvw-lane">
        {spansOf(track, editor.player.last).map(({ from, to, outside }) => {
          const [left, right] = [clip(from), clip(to + 1)];
          return right <= 0 || left >= width ? null : (
            <span
              key={from}
              class={`cvw-span${outside ? " cvw-span-outside" : ""}`}
              style={{ left: `${left}px`, width: `${Math.max(1, right - left)}px` }}
            />
          );
        })}
        {apart(frames, range, width, LEAST_APART).map((frame) => {
          const moved = dragged?.from === frame;
          const at = moved ? dragged.to : frame;
          return (
            <span
              key={frame}
              class={`cvw-keyframe${track.keyframes[frame]?.outside ? " cvw-keyframe-outside" : ""}${moved ? " cvw-keyframe-dragged" : ""}`}
              style={{ left: `${leftOf(at, range, width) + half}px` }}
              data-keyframe={frame}
              title={`Keyframe on frame ${frame}`}
            />
          );
        })}
      </div>
    </div>
  );
}
