/** What is done to one point of an outline or a point set. */
import { startingAt } from "../geometry/contour";
import { kindOf } from "../shapes/index";
import { removeVertex } from "../shapes/vertices";
import { commitFigures } from "./commit";
import { refusal } from "./rules";
import type { ToolContext } from "./state";

export function deletePoint({ stage, editor }: ToolContext, id: number, index: number): void {
  const figure = stage.figureOf(id);
  if (!figure || kindOf(figure.type).minimumVertices === 0) return;
  const rest = { ...figure, points: removeVertex(figure.points, index) };
  const reason = refusal(rest);
  if (reason) editor.toast("warning", reason);
  else commitFigures(editor, "Delete point of", new Map([[id, rest]]));
  stage.setPreview(null);
}

/** Interpolated polygons go from starting point to starting point. */
export function startAtPoint({ stage, editor }: ToolContext, id: number, index: number): void {
  const figure = stage.figureOf(id);
  if (!figure || index === 0) return;
  commitFigures(editor, "Set the starting point of", new Map([[id, { ...figure, points: startingAt(figure.points, index) }]]));
}
