/** The tools: one line each. What is drawn by two clicks or by points is at hand at once, the rest is fetched when it is first wanted. */
import type { Editor, ToolName } from "../editor";
import { DrawBox } from "./draw/box";
import { DrawPath } from "./draw/path";
import { fetchedTool } from "./fetched";
import { SelectTool } from "./select/index";
import type { State, ToolContext } from "./state";
import { Zooming } from "./zooming";

type Make = (context: ToolContext) => State;

const BY_CLICKS: Readonly<Record<string, Make>> = {
  "rectangle-extreme": fetchedTool("rectangle", "rectangle-extreme"),
  "rectangle-turned": fetchedTool("rectangle", "rectangle-turned"),
  "ellipse-turned": fetchedTool("ellipse", "ellipse-turned"),
  "cuboid-points": fetchedTool("cuboid", "cuboid-points"),
};

/** The way of drawing that the user has chosen. */
function byMethod(name: "rectangle" | "ellipse" | "cuboid"): Make {
  return (context) => {
    const method = context.editor.settings.peek()[`${name}Method`];
    return BY_CLICKS[`${name}-${method}`]?.(context) ?? new DrawBox(context, name);
  };
}

export const TOOLS: Readonly<Record<ToolName, Make>> = {
  select: (context) => new SelectTool(context),
  rectangle: byMethod("rectangle"),
  ellipse: byMethod("ellipse"),
  cuboid: byMethod("cuboid"),
  skeleton: (context) => new DrawBox(context, "skeleton"),
  polygon: (context) => new DrawPath(context, "polygon"),
  polyline: (context) => new DrawPath(context, "polyline"),
  points: (context) => new DrawPath(context, "points"),
  merge: fetchedTool("merge"),
  group: fetchedTool("group"),
  split: fetchedTool("split"),
  slice: fetchedTool("slice"),
  mask: fetchedTool("mask"),
  interact: fetchedTool("interact"),
  scissors: fetchedTool("scissors"),
  zoom: (context) => new Zooming(context),
  pan: fetchedTool("pan"),
  issue: fetchedTool("issue"),
};

/** Enter the present tool anew, after something about it was chosen. */
export function restartTool(editor: Editor): void {
  const name = editor.tool.peek();
  editor.tool.value = "select";
  editor.tool.value = name;
}
