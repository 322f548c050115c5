/** Perspective of cuboids. */
import { resetPerspective, switchOrientation } from "../geometry/cuboid";
import { commitFigures } from "../tools/commit";
import { editing, selected } from "./conditions";
import type { Action, Context } from "./context";

const hasCuboid = (context: Context) => editing(context) && selected(context).some(({ type }) => type === "cuboid");

function change(verb: string, turn: (points: readonly number[]) => number[]): (context: Context) => void {
  return (context) => {
    const figures = selected(context).flatMap(({ id, type }) => {
      const figure = type === "cuboid" ? context.scene.figureOf(id) : undefined;
      return figure ? [[id, { ...figure, points: turn(figure.points) }] as const] : [];
    });
    commitFigures(context.editor, verb, new Map(figures));
  };
}

export const cuboidActions: readonly Action[] = [
  {
    id: "reset-perspective",
    label: "Reset the perspective of a cuboid",
    group: "Objects",
    keys: [],
    enabled: hasCuboid,
    run: change("Reset perspective of", resetPerspective),
  },
  {
    id: "switch-orientation",
    label: "Switch the orientation of a cuboid",
    group: "Objects",
    keys: [],
    enabled: hasCuboid,
    run: change("Switch orientation of", switchOrientation),
  },
];
