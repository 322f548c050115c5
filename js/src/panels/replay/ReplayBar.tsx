/** The bar of a replay: play, speed, a slider over the changes, and who did what when. */
import { useSignalEffect } from "@preact/signals";
import { useLayoutEffect, useMemo } from "preact/hooks";
import type { ReplayState } from "../../wire/protocol";
import { useAnnotator } from "../context";
import { ActionButton } from "../IconButton";
import { ChevronLeft, ChevronRight, Pause, Play } from "../icons";
import { minutes } from "./clock";
import { ReplayPlayer, type ReplayStep, SPEEDS } from "./player";

export function ReplayBar({ state }: { state: ReplayState }) {
  const context = useAnnotator();
  const { editor } = context;
  // One player for as long as the view lives, whatever the state becomes.
  const replay = useMemo(() => new ReplayPlayer(context, state), [context]);
  useLayoutEffect(() => {
    editor.replay.value = replay;
    return () => {
      editor.replay.value = null;
      replay.dispose();
    };
  }, [editor, replay]);
  useSignalEffect(() => {
    const now = editor.demonstration.value?.replay;
    if (now && replay.steps.value) replay.take(now);
  });
  const steps = replay.steps.value;
  const playing = replay.playing.value;
  const number = replay.number.value;
  const last = steps?.length ?? 0;
  const problem = replay.problem.value;
  return (
    <section class="cvw-replay" aria-label="Replay" data-testid="replay-bar">
      <div class="cvw-replay-caption" data-testid="replay-caption">
        {problem ? (
          <span class="cvw-replay-problem" role="alert">
            {problem}
          </span>
        ) : (
          <Caption step={replay.step} steps={steps} />
        )}
        <span class="cvw-spring" />
        <span class="cvw-muted cvw-replay-count">
          {number} / {last}
        </span>
      </div>
      <div class="cvw-replay-controls">
        <ActionButton id="previous-change" icon={ChevronLeft} />
        <ActionButton id="play" icon={playing ? Pause : Play} name={playing ? "Pause the replay" : "Play the replay"} />
        <ActionButton id="next-change" icon={ChevronRight} />
        <input
          type="range"
          class="cvw-replay-slider"
          aria-label="Changes"
          aria-valuetext={replay.step ? `${number}: ${replay.step.label}` : "Before the first change"}
          data-testid="replay-slider"
          min={0}
          max={last}
          value={number}
          disabled={last === 0}
          onInput={(event) => {
            replay.pause();
            replay.place(Number(event.currentTarget.value));
          }}
        />
        <span class="cvw-muted cvw-replay-time">
          {minutes(replay.time.value)} / {minutes(replay.duration.value)}
        </span>
        <select
          class="cvw-select"
          aria-label="Speed of the replay"
          title="Speed of the replay"
          data-testid="replay-speed"
          value={replay.speed.value}
          onChange={(event) => {
            replay.setSpeed(Number(event.currentTarget.value));
            event.currentTarget.closest<HTMLElement>(".cvw-root")?.focus({ preventScroll: true });
          }}
        >
          {[...new Set([...SPEEDS, replay.speed.value])]
            .sort((a, b) => a - b)
            .map((speed) => (
              <option key={speed} value={speed}>
                {speed}×
              </option>
            ))}
        </select>
      </div>
    </section>
  );
}

function Caption({ step, steps }: { step: ReplayStep | null; steps: readonly ReplayStep[] | null }) {
  if (!steps) return <span class="cvw-muted">Reading what happened…</span>;
  if (steps.length === 0) return <span class="cvw-muted">Nothing was changed between these revisions.</span>;
  if (!step) return <span class="cvw-muted">Before the first change. Space plays, &lt; and &gt; step.</span>;
  const time = new Date(step.time);
  return (
    <>
      <strong>{step.author || "somebody"}</strong>
      <span class="cvw-replay-label" title={step.label}>
        {step.label}
      </span>
      <time class="cvw-muted" dateTime={time.toISOString()} title={time.toLocaleString()}>
        {time.toLocaleTimeString()}
      </time>
    </>
  );
}
