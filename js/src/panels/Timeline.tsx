import { useRef } from "preact/hooks";
import type { TrackRecord } from "../document/records";
import { visibleSpans } from "../document/timeline";
import { useAnnotator } from "./context";
import { IconButton } from "./IconButton";
import { ChevronDown, ChevronRight } from "./icons";

/** Every track of the job: where it is visible, where its keyframes are, and the present frame. */
export function Timeline() {
  const { editor } = useAnnotator();
  const { player } = editor;
  const open = editor.settings.value.timelineOpen;
  const tracks = editor.document.tracks().sort((a, b) => a.id - b.id);
  const span = player.last - player.first + 1;
  const at = (frame: number): string => `${((frame - player.first) / span) * 100}%`;
  const lanes = useRef<HTMLDivElement>(null);
  const seek = (event: PointerEvent, how: "scrub" | "seek"): void => {
    const box = lanes.current?.querySelector(".cvw-lane")?.getBoundingClientRect();
    if (!box) return;
    player.pause();
    player[how](player.first + Math.floor(((event.clientX - box.left) / box.width) * span));
  };
  if (tracks.length === 0) return null;
  return (
    <div
      class="cvw-timeline"
      style={open ? { height: `${Math.min(editor.settings.value.timelineHeight, 36 + tracks.length * 22)}px` } : undefined}
    >
      <div class="cvw-timeline-head">
        <IconButton
          icon={open ? ChevronDown : ChevronRight}
          label={open ? "Fold the timeline" : "Unfold the timeline"}
          small
          onClick={() => editor.setSetting("timelineOpen", !open)}
        />
        <span class="cvw-muted">
          {tracks.length} track{tracks.length === 1 ? "" : "s"}
        </span>
      </div>
      {open && (
        <div
          ref={lanes}
          class="cvw-lanes"
          data-testid="timeline"
          onPointerDown={(event) => {
            if (event.button !== 0 || !(event.target as Element).closest(".cvw-lane")) return;
            event.currentTarget.setPointerCapture(event.pointerId);
            seek(event, "scrub");
          }}
          onPointerMove={(event) => {
            if (event.currentTarget.hasPointerCapture(event.pointerId)) seek(event, "scrub");
          }}
          onPointerUp={(event) => {
            if (event.currentTarget.hasPointerCapture(event.pointerId)) player.rest();
          }}
        >
          {tracks.map((track) => (
            <Lane key={track.id} track={track} at={at} span={span} />
          ))}
        </div>
      )}
    </div>
  );
}

function Lane({ track, at, span }: { track: TrackRecord; at: (frame: number) => string; span: number }) {
  const { editor } = useAnnotator();
  const label = editor.labelOf(track.label);
  const selected = editor.selection.value.includes(track.id);
  const frames = Object.keys(track.keyframes).map(Number);
  return (
    <div class={`cvw-lane-row${selected ? " cvw-selected" : ""}`} style={{ "--cvw-object": label?.color }}>
      <button
        type="button"
        class="cvw-lane-name"
        title={`Select ${label?.name} ${track.id}`}
        onClick={() => {
          editor.selection.value = [track.id];
        }}
      >
        <span class="cvw-swatch" style={{ background: label?.color }} />
        <span class="cvw-ellipsis">
          {label?.name} {track.id}
        </span>
      </button>
      <div class="cvw-lane">
        {visibleSpans(track, editor.player.last).map(([from, to]) => (
          <span key={from} class="cvw-span" style={{ left: at(from), width: `${((to - from + 1) / span) * 100}%` }} />
        ))}
        {frames.map((frame) => (
          <span
            key={frame}
            class={`cvw-keyframe${track.keyframes[frame]?.outside ? " cvw-keyframe-outside" : ""}`}
            style={{ left: `calc(${at(frame)} + ${50 / span}%)` }}
          />
        ))}
        <span class="cvw-playhead" style={{ left: at(editor.frame.value), width: `max(2px, ${100 / span}%)` }} />
      </div>
    </div>
  );
}
