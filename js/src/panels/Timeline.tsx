/** All tracks of the job over its frames, with a lane for shapes and tags, and the present frame. */
import { effect, type Signal, useComputed, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { useAnnotator } from "./context";
import { ActionButton, IconButton } from "./IconButton";
import { ChevronDown, ChevronRight, Expand, SkipBack, SkipForward, StepBack, StepForward, ZoomIn, ZoomOut } from "./icons";
import { draggedTo, drop, type KeyframeDrag, movable } from "./timeline/drag";
import { Grip } from "./timeline/Grip";
import { Lane } from "./timeline/Lane";
import { following, frameAt, leftOf, panned, type TimeRange, ticks, wholeRange, zoomed } from "./timeline/range";
import { ShapesLane } from "./timeline/ShapesLane";
import { hasShapesLane } from "./timeline/shown";

const ROW = 22;
const RULER = 20;
/** Rows above and below those that are seen, so that scrolling shows no gap. */
const SPARE = 3;
const NAMES = 132;
const RIGHT = 12;
const ZOOM = 1.5;

export function Timeline() {
  const { editor } = useAnnotator();
  const { player } = editor;
  const tracks = editor.document.tracks().sort((a, b) => a.id - b.id);
  const shapes = hasShapesLane(editor);
  const whole = wholeRange(player.first, player.last);
  const range = useSignal<TimeRange>(whole);
  const { timelineOpen: open, timelineHeight } = editor.settings.value;
  const { from, to } = whole;
  // At once: put off until after the frame of the screen, it would cost another one for each frame of the video.
  useLayoutEffect(
    () =>
      effect(() => {
        range.value = following(range.peek(), { from, to }, editor.frame.value);
      }),
    [editor, from, to],
  );
  const zoom = (factor: number) => (): void => {
    range.value = zoomed(range.peek(), whole, factor, editor.frame.peek() + 0.5);
  };
  const zoomedIn = range.value.to - range.value.from < whole.to - whole.from;
  return (
    <section class="cvw-timeline" aria-label="Timeline" style={open ? { height: `${timelineHeight}px` } : undefined}>
      {open && <Grip height={timelineHeight} />}
      <div class="cvw-timeline-head">
        <IconButton
          icon={open ? ChevronDown : ChevronRight}
          label={open ? "Fold the timeline" : "Unfold the timeline"}
          small
          onClick={() => editor.setSetting("timelineOpen", !open)}
        />
        <span class="cvw-muted">
          {tracks.length > 0 ? `${tracks.length} track${tracks.length === 1 ? "" : "s"}` : "Timeline"}
        </span>
        <span class="cvw-spring" />
        <ActionButton id="first-keyframe" icon={SkipBack} small />
        <ActionButton id="previous-keyframe" icon={StepBack} small />
        <ActionButton id="next-keyframe" icon={StepForward} small />
        <ActionButton id="last-keyframe" icon={SkipForward} small />
        {open && (
          <>
            <span class="cvw-timeline-rule" />
            <IconButton icon={ZoomOut} label="Zoom out (Ctrl+wheel)" small disabled={!zoomedIn} onClick={zoom(1 / ZOOM)} />
            <IconButton icon={ZoomIn} label="Zoom in (Ctrl+wheel)" small onClick={zoom(ZOOM)} />
            <IconButton
              icon={Expand}
              label="Show all frames"
              small
              disabled={!zoomedIn}
              onClick={() => {
                range.value = whole;
              }}
            />
          </>
        )}
      </div>
      {open && <Lanes range={range} shapes={shapes} />}
    </section>
  );
}

function Lanes({ range, shapes }: { range: Signal<TimeRange>; shapes: boolean }) {
  const { editor } = useAnnotator();
  const { player } = editor;
  const tracks = editor.document.tracks().sort((a, b) => a.id - b.id);
  const element = useRef<HTMLDivElement>(null);
  const view = useSignal({ width: 0, height: 0, top: 0 });
  const drag = useSignal<KeyframeDrag | null>(null);
  const whole = wholeRange(player.first, player.last);

  useEffect(() => {
    const lanes = element.current;
    if (!lanes) return;
    const measure = (): void => {
      const [width, height] = [Math.max(1, lanes.clientWidth - NAMES - RIGHT), lanes.clientHeight];
      view.value = { width, height, top: lanes.scrollTop };
    };
    const observer = new ResizeObserver(measure);
    observer.observe(lanes);
    lanes.addEventListener("scroll", measure, { passive: true });
    const wheel = (event: WheelEvent): void => {
      const { width } = view.peek();
      const x = event.clientX - lanes.getBoundingClientRect().left - NAMES;
      const span = range.peek().to - range.peek().from;
      if (event.ctrlKey || event.metaKey) {
        const about = range.peek().from + (x / width) * span;
        range.value = zoomed(range.peek(), whole, (6 / 5) ** (-event.deltaY / 60), about);
      } else {
        const sideways = event.deltaX || (x >= 0 && span < whole.to - whole.from ? event.deltaY : 0);
        // Where there is nothing to pan the wheel scrolls the lanes, and over the names it always does.
        if (sideways === 0) return;
        range.value = panned(range.peek(), whole, (sideways / width) * span);
      }
      event.preventDefault();
    };
    lanes.addEventListener("wheel", wheel, { passive: false });
    return () => {
      observer.disconnect();
      lanes.removeEventListener("scroll", measure);
      lanes.removeEventListener("wheel", wheel);
    };
  }, []);

  const { width, height, top } = view.value;
  const present = range.value;
  const frameOf = (event: PointerEvent): number => {
    const box = (element.current as HTMLElement).getBoundingClientRect();
    return frameAt(event.clientX - box.left - NAMES, present, width);
  };
  const press = (event: PointerEvent & { currentTarget: HTMLDivElement }): void => {
    const target = event.target as HTMLElement;
    if (event.button !== 0 || !target.closest(".cvw-lane, .cvw-ruler-lane")) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const id = Number(target.closest<HTMLElement>("[data-track]")?.dataset.track ?? Number.NaN);
    const keyframe = target.dataset.keyframe;
    if (keyframe !== undefined && movable(editor, id)) {
      drag.value = { id, from: Number(keyframe), to: Number(keyframe) };
      return;
    }
    if (target.closest(".cvw-span")) editor.selection.value = [id];
    const tick = target.dataset.tick;
    const frame = tick === undefined ? frameOf(event) : Number(tick);
    player.pause();
    player.scrub(frame);
    if (tick !== undefined) editor.selection.value = [...(editor.document.byFrame.get(frame) ?? [])];
  };
  const move = (event: PointerEvent & { currentTarget: HTMLDivElement }): void => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    if (drag.value) drag.value = draggedTo(editor, drag.value, frameOf(event));
    else if (event.movementX !== 0) player.scrub(frameOf(event));
  };
  const release = (event: PointerEvent & { currentTarget: HTMLDivElement }): void => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const dragged = drag.value;
    drag.value = null;
    if (dragged) drop(editor, dragged);
    else player.rest();
  };

  const offset = shapes ? 1 : 0;
  const firstRow = Math.max(0, Math.floor(top / ROW) - SPARE - offset);
  const lastRow = Math.ceil((top + height) / ROW) + SPARE;
  return (
    <div
      ref={element}
      class="cvw-lanes"
      data-testid="timeline"
      onPointerDown={press}
      onPointerMove={move}
      onPointerUp={release}
      onPointerCancel={() => {
        drag.value = null;
      }}
    >
      <div class="cvw-ruler">
        <span class="cvw-ruler-name">{drag.value ? `to frame ${drag.value.to}` : ""}</span>
        <div class="cvw-ruler-lane" data-testid="timeline-ruler">
          {ticks(present, width, 56).map((frame) => (
            <span key={frame} class="cvw-ruler-tick" style={{ left: `${leftOf(frame, present, width)}px` }}>
              {frame}
            </span>
          ))}
        </div>
      </div>
      <div class="cvw-lane-rows" style={{ height: `${(tracks.length + offset) * ROW}px` }}>
        {shapes && <ShapesLane range={present} width={width} />}
        {tracks.slice(firstRow, lastRow).map((track, index) => (
          <Lane
            key={track.id}
            track={track}
            top={(firstRow + index + offset) * ROW}
            range={present}
            width={width}
            dragged={drag.value?.id === track.id ? drag.value : null}
          />
        ))}
      </div>
      {tracks.length + offset === 0 && <p class="cvw-lanes-empty">Every track gets a lane here.</p>}
      <Playhead range={range} width={width} rows={tracks.length + offset} />
    </div>
  );
}

/** The present frame, through all lanes; only this moves while the video plays. */
function Playhead({ range, width, rows }: { range: Signal<TimeRange>; width: number; rows: number }) {
  const { editor } = useAnnotator();
  const place = useComputed(() => ({ frame: editor.frame.value, range: range.value }));
  const { frame, range: shown } = place.value;
  if (frame + 1 <= shown.from || frame >= shown.to) return null;
  const left = NAMES + leftOf(frame, shown, width);
  const wide = Math.max(2, leftOf(shown.from + 1, shown, width));
  const style = { transform: `translateX(${left}px)`, width: `${wide}px`, height: `${RULER + rows * ROW}px` };
  return <div class="cvw-playhead" style={style} />;
}
