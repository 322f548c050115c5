import type { LucideIcon } from "lucide-preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { frameNamed, namesWith } from "../actions/frame-actions";
import { useAnnotator } from "./context";
import { FilterButton } from "./FilterButton";
import { ActionButton, IconButton } from "./IconButton";
import {
  ChevronsLeft,
  ChevronsRight,
  Keyboard,
  Menu,
  PanelRight,
  Pause,
  Play,
  Redo2,
  Search,
  Settings,
  SkipBack,
  SkipForward,
  StepBack,
  StepForward,
  Undo2,
} from "./icons";
import { TeamButtons } from "./review/buttons";
import { SaveState } from "./SaveState";
import { WorkspaceSelect } from "./WorkspaceSelect";

export function TopBar({ subshells }: { subshells: boolean }) {
  const { editor, ui } = useAnnotator();
  const { undo, redo } = editor.document.history.value;
  return (
    <div class="cvw-topbar" role="toolbar" aria-label="Player and history">
      <div class="cvw-group">
        <ActionButton id="menu" icon={Menu} pressed={ui.menu.value} />
        <ActionButton id="undo" icon={Undo2} name={undo ? `Undo: ${undo}` : "Undo"} />
        <ActionButton id="redo" icon={Redo2} name={redo ? `Redo: ${redo}` : "Redo"} />
        <SaveState subshells={subshells} />
      </div>
      <Player />
      <div class="cvw-group cvw-group-end">
        <FrameName />
        <ChapterSelect />
        <WorkspaceSelect />
        <TeamButtons />
        <FilterButton />
        <ActionButton id="palette" icon={Search} />
        <ActionButton id="help" icon={Keyboard} />
        <ActionButton id="settings" icon={Settings} />
        <IconButton
          icon={PanelRight}
          label="Objects and labels"
          pressed={ui.sidebarOpen.value}
          onClick={() => {
            ui.sidebarOpen.value = !ui.sidebarOpen.peek();
          }}
        />
      </div>
    </div>
  );
}

/** The chapters of a video that has some. */
function ChapterSelect() {
  const { editor } = useAnnotator();
  const chapters = editor.chapters.value;
  if (chapters.length === 0) return null;
  const frame = editor.frame.value;
  const present = chapters.reduce((before, [start], index) => (start <= frame ? index : before), -1);
  return (
    <select
      class="cvw-select cvw-chapter-select"
      aria-label="Chapter"
      title="Chapter (B, X: previous, next)"
      value={present}
      onChange={(event) => {
        const chapter = chapters[Number(event.currentTarget.value)];
        editor.player.pause();
        if (chapter) editor.player.seek(chapter[0]);
        event.currentTarget.closest<HTMLElement>(".cvw-root")?.focus({ preventScroll: true });
      }}
    >
      {present < 0 && <option value={-1}>–</option>}
      {chapters.map(([start, title], index) => (
        <option key={start} value={index}>
          {title}
        </option>
      ))}
    </select>
  );
}

function FrameName() {
  const { editor } = useAnnotator();
  const frame = editor.frame.value;
  const [width, height] = editor.frames.sizeOf(frame);
  const name = editor.frames.nameOf(frame);
  return (
    <span class="cvw-frame-name" title={`${name}, ${width} × ${height} pixels`}>
      {name}
    </span>
  );
}

function Player() {
  const { editor } = useAnnotator();
  const { player } = editor;
  const playing = (editor.replay.value ?? player).playing.value;
  return (
    <div class="cvw-player">
      <div class="cvw-player-buttons">
        <ActionButton id="first-frame" icon={SkipBack} />
        <ActionButton id="backward" icon={ChevronsLeft} />
        <Step way="previous" icon={StepBack} />
        <ActionButton id="play" icon={playing ? Pause : Play} name={playing ? "Pause" : "Play"} />
        <Step way="next" icon={StepForward} />
        <ActionButton id="forward" icon={ChevronsRight} />
        <ActionButton id="last-frame" icon={SkipForward} />
      </div>
      <Slider />
      <FrameField />
    </div>
  );
}

/** A right click, or the menu key, chooses what the button goes to. */
function Step({ way, icon }: { way: "previous" | "next"; icon: LucideIcon }) {
  const { ui } = useAnnotator();
  return (
    <span
      role="none"
      onContextMenu={(event) => {
        event.preventDefault();
        ui.stepMenu.value = event.currentTarget;
      }}
    >
      <ActionButton id={`${way}-${ui.stepping.value}`} icon={icon} />
    </span>
  );
}

function Slider() {
  const { editor } = useAnnotator();
  const { player } = editor;
  const span = Math.max(1, player.last - player.first);
  const occupied = editor.document.framesWithObjects(player.last);
  return (
    <div class="cvw-slider">
      <Marks frames={occupied} first={player.first} span={span} />
      <input
        type="range"
        aria-label="Frame"
        min={player.first}
        max={player.last}
        value={editor.frame.value}
        onInput={(event) => {
          player.pause();
          player.scrub(Number(event.currentTarget.value));
        }}
        onChange={() => player.rest()}
      />
    </div>
  );
}

/** Where there are annotations: at most 200 marks, whatever the length. */
function Marks({ frames, first, span }: { frames: readonly number[]; first: number; span: number }) {
  const runs: [from: number, to: number][] = [];
  for (const frame of frames) {
    const from = Math.floor(((frame - first) / (span + 1)) * 200);
    const to = Math.ceil(((frame - first + 1) / (span + 1)) * 200) - 1;
    const last = runs[runs.length - 1];
    if (last && last[1] >= from - 1) last[1] = Math.max(last[1], to);
    else runs.push([from, to]);
  }
  return (
    <div class="cvw-marks" aria-hidden="true">
      {runs.map(([from, to]) => (
        <span key={from} style={{ left: `${from / 2}%`, width: `${(to - from + 1) / 2}%` }} />
      ))}
    </div>
  );
}

function FrameField() {
  const { editor, ui } = useAnnotator();
  const { player } = editor;
  const field = useRef<HTMLInputElement>(null);
  const wanted = ui.frameFieldWanted.value;
  useLayoutEffect(() => {
    if (wanted > 0) field.current?.select();
  }, [wanted]);
  /** What is being typed; null: the number of the frame. */
  const [typed, setTyped] = useState<string | null>(null);
  const list = `cvw-frames-${editor.link.clientId}`;
  const go = (input: HTMLInputElement): void => {
    const text = input.value.trim();
    if (text !== "" && text !== String(editor.frame.peek())) {
      const frame = Number.isFinite(Number(text)) ? Number(text) : frameNamed(editor, text);
      player.pause();
      if (frame === null) editor.toast("info", `No frame has "${text}" in its name.`);
      else player.seek(frame);
    }
    input.value = String(editor.frame.peek());
    setTyped(null);
  };
  return (
    <span class="cvw-frame-field">
      <input
        ref={field}
        class="cvw-field"
        type="text"
        list={list}
        aria-label="Go to frame"
        title="Number of a frame, or a part of its file name"
        data-testid="frame-input"
        value={typed ?? editor.frame.value}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onBlur={(event) => go(event.currentTarget)}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          go(event.currentTarget);
          event.currentTarget.closest<HTMLElement>(".cvw-root")?.focus();
        }}
      />
      <datalist id={list}>
        {namesWith(editor, typed ?? "").map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <span class="cvw-muted">/ {player.last}</span>
    </span>
  );
}
