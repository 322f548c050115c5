/** The tools: one line each. */
import type { Editor, ToolName } from "../editor";
import { DrawBox } from "./draw/box";
import { cuboidPoints, DrawClicks, extremePoints, turnedBox } from "./draw/clicks";
import { DrawPath } from "./draw/path";
import { DrawMask } from "./mask/index";
import { GROUP, MERGE, Picking } from "./pick/picking";
import { Slicing } from "./pick/slicing";
import { Splitting } from "./pick/splitting";
import { SelectTool } from "./select/index";
import type { State, ToolContext } from "./state";
import { Zooming } from "./zooming";

export const TOOLS: Readonly<Record<ToolName, (context: ToolContext) => State>> = {
  select: (context) => new SelectTool(context),
  rectangle: (context) => {
    const method = context.editor.settings.peek().rectangleMethod;
    if (method === "extreme") return new DrawClicks(context, extremePoints);
    return method === "turned" ? new DrawClicks(context, turnedBox("rectangle")) : new DrawBox(context, "rectangle");
  },
  ellipse: (context) =>
    context.editor.settings.peek().ellipseMethod === "turned"
      ? new DrawClicks(context, turnedBox("ellipse"))
      : new DrawBox(context, "ellipse"),
  cuboid: (context) =>
    context.editor.settings.peek().cuboidMethod === "points"
      ? new DrawClicks(context, cuboidPoints)
      : new DrawBox(context, "cuboid"),
  skeleton: (context) => new DrawBox(context, "skeleton"),
  polygon: (context) => new DrawPath(context, "polygon"),
  polyline: (context) => new DrawPath(context, "polyline"),
  points: (context) => new DrawPath(context, "points"),
  merge: (context) => new Picking(context, MERGE),
  group: (context) => new Picking(context, GROUP),
  split: (context) => new Splitting(context),
  slice: (context) => new Slicing(context),
  mask: (context) => new DrawMask(context),
  zoom: (context) => new Zooming(context),
};

/** Enter the present tool anew, after something about it was chosen. */
export function restartTool(editor: Editor): void {
  const name = editor.tool.peek();
  editor.tool.value = "select";
  editor.tool.value = name;
}
