/** How picture and objects are shown. Default keys are CVAT's where it has some; what it leaves without a key has none here either. */
import type { Editor, Settings, ToolName } from "../editor";
import { kindOf } from "../shapes/index";
import { type Box, boxOfPoints } from "../shapes/kind";
import { NO_EFFECTS } from "../view-settings";
import { hasSelection } from "./conditions";
import type { Action, Context } from "./context";
import { detach, toggleFullscreen } from "./host";

type NumberSetting = { [K in keyof Settings]: Settings[K] extends number ? K : never }[keyof Settings];
type SwitchSetting = { [K in keyof Settings]: Settings[K] extends boolean ? K : never }[keyof Settings];

const COLOR_BY = ["label", "instance", "group"] as const;
const GRID_COLORS = ["#ffffff", "#000000", "#ff3b30", "#34c759", "#0a84ff"] as const;

function rotate({ editor }: Context, quarters: 1 | -1): void {
  const frame = editor.frame.peek();
  const all = editor.settings.peek().rotateAll;
  if (all) editor.turns.turnAll(frame, quarters);
  else editor.turns.turn(frame, quarters);
  editor.announce(`${all ? "All pictures are" : "The picture is"} turned to ${editor.turns.of(frame) * 90} degrees`);
}

function add(editor: Editor, name: NumberSetting, label: string, step: number, low: number, high: number): void {
  const value = Math.min(high, Math.max(low, editor.settings.peek()[name] + step));
  editor.setSetting(name, value);
  editor.announce(`${label} ${value} %`);
}

function toggle(editor: Editor, name: SwitchSetting, label: string): void {
  const on = !editor.settings.peek()[name];
  editor.setSetting(name, on);
  editor.announce(`${label}: ${on ? "on" : "off"}`);
}

/** Take up a tool, or lay it down again. */
function take({ editor }: Context, tool: ToolName): void {
  editor.tool.value = editor.tool.peek() === tool ? "select" : tool;
}

function next<T>(list: readonly T[], present: T): T {
  return list[(list.indexOf(present) + 1) % list.length] as T;
}

/** More and less of an effect. A sign is told apart with and without Shift held. */
function steps(
  id: string,
  name: NumberSetting,
  label: string,
  prefix: string,
  [step, low, high]: readonly [number, number, number],
): Action[] {
  return [
    {
      id: `${id}-more`,
      label: `More ${label}`,
      group: "View",
      keys: [`${prefix} =`, `${prefix} +`],
      run: ({ editor }) => add(editor, name, label, step, low, high),
    },
    {
      id: `${id}-less`,
      label: `Less ${label}`,
      group: "View",
      keys: [`${prefix} -`, `${prefix} _`],
      run: ({ editor }) => add(editor, name, label, -step, low, high),
    },
  ];
}

const EFFECT = [10, 0, 200] as const;

/** Show all selected objects. */
export function zoomToSelection({ editor, scene }: Context): void {
  const corners = editor.selected.peek().flatMap(({ id }) => {
    const figure = scene.figureOf(id);
    if (!figure) return [];
    const { minX, minY, maxX, maxY }: Box = kindOf(figure.type).bounds(figure);
    return [minX, minY, maxX, maxY];
  });
  if (corners.length > 0) scene.zoomTo(boxOfPoints(corners), 80);
}

export const viewMoreActions: readonly Action[] = [
  { id: "rotate-right", label: "Turn the picture right", group: "View", keys: ["ctrl+r"], run: (c) => rotate(c, 1) },
  { id: "rotate-left", label: "Turn the picture left", group: "View", keys: ["ctrl+shift+r"], run: (c) => rotate(c, -1) },
  {
    id: "zoom-region",
    label: "Zoom to a region: drag a box",
    group: "View",
    keys: ["shift+z"],
    run: (c) => take(c, "zoom"),
  },
  { id: "pan", label: "Only move the picture", group: "View", keys: [], run: (c) => take(c, "pan") },
  {
    id: "zoom-selection",
    label: "Zoom to all selected objects",
    group: "View",
    keys: [],
    enabled: hasSelection,
    run: zoomToSelection,
  },
  { id: "fullscreen", label: "Whole screen", group: "View", keys: ["ctrl+alt+enter"], run: (c) => void toggleFullscreen(c) },
  { id: "detach", label: "Open in a tab of its own", group: "View", keys: [], run: detach },
  {
    id: "bitmap",
    label: "Objects as areas of colour, without the picture",
    group: "View",
    keys: [],
    run: ({ editor }) => {
      editor.bitmap.value = !editor.bitmap.peek();
      editor.announce(editor.bitmap.peek() ? "Bitmap view" : "Picture view");
    },
  },
  {
    id: "color-by",
    label: "Colour by label, object or group",
    group: "View",
    keys: [],
    run: ({ editor }) => {
      editor.setSetting("colorBy", next(COLOR_BY, editor.settings.peek().colorBy));
      editor.announce(`Coloured by ${editor.settings.peek().colorBy}`);
    },
  },
  {
    id: "texts",
    label: "Details of all objects",
    group: "View",
    keys: [],
    run: ({ editor }) => {
      editor.setSetting("showText", editor.settings.peek().showText === "always" ? "selected" : "always");
    },
  },
  {
    id: "outlines",
    label: "Outlines of objects",
    group: "View",
    keys: [],
    run: ({ editor }) => toggle(editor, "outlines", "Outlines"),
  },
  {
    id: "projections",
    label: "Projections of cuboids",
    group: "View",
    keys: [],
    run: ({ editor }) => toggle(editor, "showProjections", "Projections"),
  },
  {
    id: "overlays",
    label: "Layers drawn by Python",
    group: "View",
    keys: ["alt+o"],
    run: ({ editor }) => toggle(editor, "showOverlays", "Layers"),
  },
  {
    id: "smooth",
    label: "Smooth the picture when enlarged",
    group: "View",
    keys: [],
    run: ({ editor }) => toggle(editor, "smoothImage", "Smoothing"),
  },
  ...steps("brightness", "brightness", "brightness", "shift+b", EFFECT),
  ...steps("contrast", "contrast", "contrast", "shift+c", EFFECT),
  ...steps("saturation", "saturation", "saturation", "shift+s", EFFECT),
  {
    id: "equalize",
    label: "Equalize the picture's histogram",
    group: "View",
    keys: [],
    run: ({ editor }) => toggle(editor, "equalize", "Equalization"),
  },
  {
    id: "reset-picture",
    label: "Show the picture unchanged",
    group: "View",
    keys: [],
    run: ({ editor }) => {
      editor.settings.value = { ...editor.settings.peek(), ...NO_EFFECTS };
      editor.announce("The picture is shown unchanged");
    },
  },
  // Shift+G, which CVAT's manual has for the grid, resets groups; Alt+G takes its place.
  ...steps("grid", "gridOpacity", "grid", "alt+g", [10, 0, 100]),
  {
    id: "grid-color",
    label: "Another colour for the grid",
    group: "View",
    keys: ["alt+g enter"],
    run: ({ editor }) => editor.setSetting("gridColor", next<string>(GRID_COLORS, editor.settings.peek().gridColor)),
  },
];
