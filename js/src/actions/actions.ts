/** The one table of actions: keys, menus, tooltips and the help overlay all read it. Default keys are CVAT's. */
import type { Action, Context } from "./context";
import {
  arrange,
  copy,
  paste,
  relabel,
  remove,
  seekKeyframe,
  selectNeighbour,
  toggleFlag,
  toggleIds,
  toggleKeyframes,
} from "./objects";

const selected = ({ editor }: Context) => editor.selected.value;
const hasSelection = (context: Context) => selected(context).length > 0;
const hasTrack = (context: Context) => selected(context).some((state) => state.kind === "track");
const writable = ({ editor }: Context) => !editor.info.readOnly;
const editing = (context: Context) => writable(context) && hasSelection(context);
const ids = (context: Context) => selected(context).map((state) => state.id);

/** The next frame with objects, or without any, in a direction; null if there is none. */
export function findFrame({ editor }: Context, direction: 1 | -1, empty: boolean): number | null {
  const occupied = new Set(editor.document.framesWithObjects(editor.player.last));
  for (
    let frame = editor.frame.peek() + direction;
    frame >= editor.player.first && frame <= editor.player.last;
    frame += direction
  )
    if (occupied.has(frame) !== empty) return frame;
  return null;
}

function seekFound(context: Context, direction: 1 | -1, empty: boolean): void {
  const frame = findFrame(context, direction, empty);
  if (frame === null)
    context.editor.toast(
      "info",
      `There is no ${empty ? "empty" : "annotated"} frame ${direction > 0 ? "after" : "before"} this one.`,
    );
  else context.editor.player.seek(frame);
}

function startDrawing(context: Context): void {
  const { editor, tools, ui } = context;
  if (tools.complete()) return;
  if (editor.tool.peek() === "select") editor.tool.value = ui.lastTool.peek();
}

const labelActions: Action[] = Array.from({ length: 10 }, (_, index) => ({
  id: `label-${index + 1}`,
  label: `Label ${index + 1}: of the selected objects, or of the next one`,
  group: "Labels",
  keys: [`ctrl+${(index + 1) % 10}`],
  enabled: writable,
  run: (context) => {
    const label = context.editor.labels.value[index];
    if (!label) return;
    if (hasSelection(context)) relabel(context.editor, selected(context), label);
    else {
      context.editor.activeLabel.value = label.id;
      context.editor.announce(`The next object is ${label.name}`);
    }
  },
}));

export const ACTIONS: readonly Action[] = [
  {
    id: "undo",
    label: "Undo",
    group: "General",
    keys: ["ctrl+z"],
    enabled: (context) =>
      writable(context) &&
      (context.editor.document.history.value.undo !== null || context.editor.document.pendingCount.value > 0),
    run: (context) => context.undo(),
  },
  {
    id: "redo",
    label: "Redo",
    group: "General",
    keys: ["ctrl+shift+z", "ctrl+y"],
    enabled: (context) => writable(context) && context.editor.document.history.value.redo !== null,
    run: (context) => context.redo(),
  },
  {
    id: "save",
    label: "Save (everything is saved as you work)",
    group: "General",
    keys: ["ctrl+s"],
    run: (context) => {
      context.flush();
      const waiting = context.editor.document.pendingCount.peek();
      context.editor.toast("info", waiting === 0 ? "Everything is saved already." : `${waiting} edits are on their way.`);
    },
  },
  { id: "help", label: "Shortcuts", group: "General", keys: ["f1"], run: ({ ui }) => toggle(ui.help) },
  { id: "settings", label: "Settings", group: "General", keys: ["f2"], run: ({ ui }) => toggle(ui.settings) },

  { id: "play", label: "Play or pause", group: "Player", keys: ["space"], run: ({ editor }) => editor.player.toggle() },
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
    run: ({ editor }) => editor.player.seek(editor.player.first),
  },
  {
    id: "last-frame",
    label: "Last frame",
    group: "Player",
    keys: ["end"],
    run: ({ editor }) => editor.player.seek(editor.player.last),
  },
  {
    id: "next-annotated",
    label: "Next annotated frame",
    group: "Player",
    keys: ["right"],
    run: (context) => seekFound(context, 1, false),
  },
  {
    id: "previous-annotated",
    label: "Previous annotated frame",
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
  {
    id: "go-to-frame",
    label: "Go to a frame",
    group: "Player",
    keys: ["backquote"],
    run: ({ ui }) => {
      ui.frameFieldWanted.value += 1;
    },
  },

  { id: "draw", label: "Draw, and finish drawing", group: "Draw", keys: ["n"], enabled: writable, run: startDrawing },
  {
    id: "cancel",
    label: "Cancel; again: back to selecting, then leave the annotator",
    group: "Draw",
    keys: ["escape"],
    run: ({ editor, tools, ui }) => {
      if (ui.closeOverlay() || tools.cancel()) return;
      if (editor.tool.peek() !== "select") editor.tool.value = "select";
      else if (editor.selection.peek().length > 0) editor.selection.value = [];
      else ui.leave.value += 1;
    },
  },

  {
    id: "delete",
    label: "Delete",
    group: "Objects",
    keys: ["delete"],
    enabled: editing,
    run: (c) => remove(c.editor, selected(c)),
  },
  {
    id: "delete-locked",
    label: "Delete even if locked",
    group: "Objects",
    keys: ["shift+delete"],
    enabled: editing,
    run: (c) => remove(c.editor, selected(c), true),
  },
  {
    id: "copy",
    label: "Copy",
    group: "Objects",
    keys: ["ctrl+c"],
    enabled: hasSelection,
    run: (c) => copy(c.editor, selected(c)),
  },
  {
    id: "paste",
    label: "Paste on this frame",
    group: "Objects",
    keys: ["ctrl+v"],
    enabled: (c) => writable(c) && c.editor.clipboard.value.length > 0,
    run: ({ editor }) => paste(editor),
  },
  {
    id: "select-all",
    label: "Select all on this frame",
    group: "Objects",
    keys: ["ctrl+a"],
    run: ({ editor }) => {
      editor.selection.value = editor.objects.peek().map((state) => state.id);
    },
  },
  { id: "next-object", label: "Next object", group: "Objects", keys: ["tab"], run: ({ editor }) => selectNeighbour(editor, 1) },
  {
    id: "previous-object",
    label: "Previous object",
    group: "Objects",
    keys: ["shift+tab"],
    run: ({ editor }) => selectNeighbour(editor, -1),
  },
  {
    id: "lock",
    label: "Lock",
    group: "Objects",
    keys: ["l"],
    enabled: hasSelection,
    run: (c) => toggleIds(c.editor, "locked", ids(c)),
  },
  {
    id: "lock-all",
    label: "Lock all on this frame",
    group: "Objects",
    keys: ["t l"],
    run: ({ editor }) =>
      toggleIds(
        editor,
        "locked",
        editor.objects.peek().map((state) => state.id),
      ),
  },
  {
    id: "hide",
    label: "Hide",
    group: "Objects",
    keys: ["h"],
    enabled: hasSelection,
    run: (c) => toggleIds(c.editor, "hidden", ids(c)),
  },
  {
    id: "hide-all",
    label: "Hide all on this frame",
    group: "Objects",
    keys: ["t h"],
    run: ({ editor }) =>
      toggleIds(
        editor,
        "hidden",
        editor.objects.peek().map((state) => state.id),
      ),
  },
  {
    id: "pin",
    label: "Pin in place",
    group: "Objects",
    keys: ["p"],
    enabled: hasSelection,
    run: (c) => toggleIds(c.editor, "pinned", ids(c)),
  },
  {
    id: "occluded",
    label: "Occluded",
    group: "Objects",
    keys: ["q", "/"],
    enabled: editing,
    run: (c) => toggleFlag(c.editor, selected(c), "occluded"),
  },
  {
    id: "to-front",
    label: "To the front",
    group: "Objects",
    keys: ["=", "+"],
    enabled: editing,
    run: (c) => arrange(c.editor, selected(c), "front"),
  },
  {
    id: "to-back",
    label: "To the back",
    group: "Objects",
    keys: ["-", "_"],
    enabled: editing,
    run: (c) => arrange(c.editor, selected(c), "back"),
  },

  {
    id: "keyframe",
    label: "Keyframe",
    group: "Tracks",
    keys: ["k"],
    enabled: (c) => writable(c) && hasTrack(c),
    run: (c) => toggleKeyframes(c.editor, selected(c)),
  },
  {
    id: "outside",
    label: "Outside: the object has left",
    group: "Tracks",
    keys: ["o"],
    enabled: (c) => writable(c) && c.editor.selection.value.length > 0,
    run: ({ editor }) => {
      const frame = editor.frame.peek();
      const states = editor.selection.peek().flatMap((id) => editor.document.stateOf(id, frame) ?? []);
      toggleFlag(editor, states, "outside");
    },
  },
  { id: "next-keyframe", label: "Next keyframe", group: "Tracks", keys: ["r"], run: ({ editor }) => seekKeyframe(editor, 1) },
  {
    id: "previous-keyframe",
    label: "Previous keyframe",
    group: "Tracks",
    keys: ["e"],
    run: ({ editor }) => seekKeyframe(editor, -1),
  },

  ...labelActions,

  { id: "fit", label: "Fit the picture", group: "View", keys: ["shift+f"], run: ({ scene }) => scene.fit() },
  { id: "zoom-in", label: "Zoom in", group: "View", keys: ["ctrl+="], run: ({ scene }) => scene.zoomBy(1.25) },
  { id: "zoom-out", label: "Zoom out", group: "View", keys: ["ctrl+-"], run: ({ scene }) => scene.zoomBy(0.8) },
  {
    id: "focus",
    label: "Zoom to the selected object",
    group: "View",
    keys: ["z"],
    enabled: hasSelection,
    run: ({ editor, scene }) => {
      const [id] = editor.selection.peek();
      if (id !== undefined) scene.focusObject(id);
    },
  },
];

function toggle(open: { value: boolean; peek(): boolean }): void {
  open.value = !open.peek();
}

const BY_ID = new Map(ACTIONS.map((action) => [action.id, action]));

export function actionOf(id: string): Action {
  const action = BY_ID.get(id);
  if (!action) throw new Error(`There is no action ${id}.`);
  return action;
}

/** Run an action if it can be run; true if it was. */
export function run(id: string, context: Context): boolean {
  const action = actionOf(id);
  if (action.enabled && !action.enabled(context)) return false;
  action.run(context);
  return true;
}

export function bindings(): Iterable<readonly [keys: string, id: string]> {
  return ACTIONS.flatMap((action) => action.keys.map((keys) => [keys, action.id] as const));
}
