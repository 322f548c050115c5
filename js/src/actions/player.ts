/** Which frame is shown. Default keys are CVAT's. */
import { nearestMatch } from "../filter/search";
import type { Action, Context } from "./context";

/** The next frame with objects (that match the filter), or without any, in a direction; null if there is none. */
export function findFrame({ editor }: Context, direction: 1 | -1, empty: boolean): number | null {
  const { matcher } = editor.filtering.peek();
  const { first, last } = editor.player;
  if (matcher && !empty) return nearestMatch(editor.document, matcher, { from: editor.frame.peek(), direction, first, last });
  const occupied = new Set(editor.document.framesWithObjects(editor.player.last));
  for (
    let frame = editor.frame.peek() + direction;
    frame >= editor.player.first && frame <= editor.player.last;
    frame += direction
  )
    if (occupied.has(frame) !== empty && !editor.frames.deleted.has(frame)) return frame;
  return null;
}

export function seekFound(context: Context, direction: 1 | -1, empty: boolean): void {
  const frame = findFrame(context, direction, empty);
  const kind = empty ? "empty" : context.editor.filtering.peek().matcher ? "matching" : "annotated";
  if (frame === null) context.editor.toast("info", `There is no ${kind} frame ${direction > 0 ? "after" : "before"} this one.`);
  else context.editor.player.seek(frame);
}

const replays = ({ editor }: Context) => editor.replay.value !== null;
const change =
  (count: number) =>
  ({ editor }: Context): void =>
    editor.replay.peek()?.stepBy(count);

export const playerActions: readonly Action[] = [
  {
    id: "play",
    label: "Play or pause",
    group: "Player",
    keys: ["space"],
    run: ({ editor }) => (editor.replay.peek() ?? editor.player).toggle(),
  },
  { id: "next-frame", label: "Next frame", group: "Player", keys: ["f"], run: ({ editor }) => editor.player.step(1) },
  { id: "previous-frame", label: "Previous frame", group: "Player", keys: ["d"], run: ({ editor }) => editor.player.step(-1) },
  {
    id: "forward",
    label: "Forward by a step",
    group: "Player",
    keys: ["v"],
    run: ({ editor }) => editor.player.step(editor.settings.peek().frameStep),
  },
  {
    id: "backward",
    label: "Back by a step",
    group: "Player",
    keys: ["c"],
    run: ({ editor }) => editor.player.step(-editor.settings.peek().frameStep),
  },
  {
    id: "first-frame",
    label: "First frame",
    group: "Player",
    keys: ["home"],
    run: ({ editor }) => editor.player.seekEnd("first"),
  },
  {
    id: "last-frame",
    label: "Last frame",
    group: "Player",
    keys: ["end"],
    run: ({ editor }) => editor.player.seekEnd("last"),
  },
  {
    id: "continue",
    label: "Continue where you left off",
    group: "Player",
    keys: ["shift+home"],
    enabled: ({ ui }) => ui.place.value !== null,
    run: ({ editor, ui }) => editor.player.seek(ui.place.peek() ?? 0),
  },
  {
    id: "next-annotated",
    label: "Next annotated frame, or matching the filter",
    group: "Player",
    keys: ["right"],
    run: (context) => seekFound(context, 1, false),
  },
  {
    id: "previous-annotated",
    label: "Previous annotated frame, or matching the filter",
    group: "Player",
    keys: ["left"],
    run: (context) => seekFound(context, -1, false),
  },
  {
    id: "next-empty",
    label: "Next empty frame",
    group: "Player",
    keys: ["shift+right"],
    run: (context) => seekFound(context, 1, true),
  },
  {
    id: "previous-empty",
    label: "Previous empty frame",
    group: "Player",
    keys: ["shift+left"],
    run: (context) => seekFound(context, -1, true),
  },
  { id: "next-change", label: "Next change of the replay", group: "Player", keys: [">"], enabled: replays, run: change(1) },
  {
    id: "previous-change",
    label: "Previous change of the replay",
    group: "Player",
    keys: ["<"],
    enabled: replays,
    run: change(-1),
  },
  {
    id: "go-to-frame",
    label: "Go to a frame",
    group: "Player",
    keys: ["backquote"],
    run: ({ ui }) => {
      ui.frameFieldWanted.value += 1;
    },
  },
];
