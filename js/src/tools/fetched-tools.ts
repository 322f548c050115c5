/** The tools of the second bundle, and the ways of drawing by clicks: one line each here and one in `registry.ts`. */
import { cuboidPoints, DrawClicks, extremePoints, turnedBox } from "./draw/clicks";
import { Interact } from "./interact/interact";
import { Scissors } from "./interact/scissors";
import { Marking } from "./marking";
import { DrawMask } from "./mask/index";
import { MovingPicture } from "./moving-picture";
import { GROUP, MERGE, Picking } from "./pick/picking";
import { Slicing } from "./pick/slicing";
import { Splitting } from "./pick/splitting";
import type { State, ToolContext } from "./state";

export const FETCHED_TOOLS = {
  mask: (context) => new DrawMask(context),
  interact: (context) => new Interact(context),
  scissors: (context) => new Scissors(context),
  merge: (context) => new Picking(context, MERGE),
  group: (context) => new Picking(context, GROUP),
  split: (context) => new Splitting(context),
  slice: (context) => new Slicing(context),
  pan: (context) => new MovingPicture(context),
  issue: (context) => new Marking(context),
  "rectangle-extreme": (context) => new DrawClicks(context, extremePoints),
  "rectangle-turned": (context) => new DrawClicks(context, turnedBox("rectangle")),
  "ellipse-turned": (context) => new DrawClicks(context, turnedBox("ellipse")),
  "cuboid-points": (context) => new DrawClicks(context, cuboidPoints),
} satisfies Readonly<Record<string, (context: ToolContext) => State>>;
