/** The tools: one line each. */
import type { ToolName } from "../editor";
import { DrawPath } from "./draw/path";
import { DrawRectangle } from "./draw/rectangle";
import { SelectTool } from "./select/index";
import type { State, ToolContext } from "./state";

export const TOOLS: Readonly<Record<ToolName, (context: ToolContext) => State>> = {
  select: (context) => new SelectTool(context),
  rectangle: (context) => new DrawRectangle(context),
  polygon: (context) => new DrawPath(context, "polygon"),
  polyline: (context) => new DrawPath(context, "polyline"),
  points: (context) => new DrawPath(context, "points"),
};
