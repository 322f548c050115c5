/** Shapes by a fixed number of clicks, each of which means something of its own. */
import { cuboidFromPoints } from "../../geometry/cuboid";
import { turn } from "../../shapes/boxed";
import { kindOf } from "../../shapes/index";
import { boxOfPoints, EMPTY_EDGES, type Figure, type Point } from "../../shapes/kind";
import type { ToolContext, ToolEvent } from "../state";
import { Drawing } from "./drawing";

type Clicks = readonly Point[];

interface Method {
  readonly type: "rectangle" | "ellipse" | "cuboid";
  readonly count: number;
  /** The shape from the clicks so far, the last of which may be where the cursor is; null while it cannot be told. */
  figure(clicks: Clicks): Figure | null;
}

function figureOf(type: Method["type"], points: readonly number[], rotation = 0): Figure {
  return { type, points, rotation, edges: EMPTY_EDGES };
}

/** The outermost points of an object: left, right, top and bottom, in any order. */
export const extremePoints: Method = {
  type: "rectangle",
  count: 4,
  figure(clicks) {
    if (clicks.length < 2) return null;
    const { minX, minY, maxX, maxY } = boxOfPoints(clicks.flat());
    return figureOf("rectangle", [minX, minY, maxX, maxY]);
  },
};

/** Two clicks along one side, the third gives the width: a box that is turned from the start. */
export function turnedBox(type: "rectangle" | "ellipse"): Method {
  return {
    type,
    count: 3,
    figure([a, b, c]) {
      if (!a || !b) return null;
      const angle = (Math.atan2(b[1] - a[1], b[0] - a[0]) * 180) / Math.PI;
      const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
      const across = c ? turn([c[0] - a[0], c[1] - a[1]], -angle)[1] : 0;
      const [dx, dy] = turn([length / 2, across / 2], angle);
      const [x, y] = [a[0] + dx, a[1] + dy];
      const [halfWidth, halfHeight] = [length / 2, Math.abs(across) / 2];
      const rotation = ((angle % 360) + 360) % 360;
      return type === "ellipse"
        ? figureOf(type, [x, y, x + halfWidth, y - halfHeight], rotation)
        : figureOf(type, [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight], rotation);
    },
  };
}

export const cuboidPoints: Method = {
  type: "cuboid",
  count: 4,
  figure([a, b, c, d]) {
    return a && b && c ? figureOf("cuboid", cuboidFromPoints(a, b, c, d ?? c)) : null;
  },
};

export class DrawClicks extends Drawing {
  override readonly name: Method["type"];
  private clicks: Clicks = [];

  constructor(
    context: ToolContext,
    private readonly method: Method,
  ) {
    super(context);
    this.name = method.type;
  }

  override get path(): string {
    return `${this.name}.${this.clicks.length > 0 ? "drawing" : "idle"}`;
  }

  override pointerDown(event: ToolEvent): void {
    this.cursor = this.place(event);
    this.clicks = [...this.clicks, this.cursor];
    if (this.clicks.length < this.method.count) {
      this.show();
      return;
    }
    const figure = this.method.figure(this.clicks);
    this.clicks = [];
    if (!figure || !this.finishFigure(figure)) this.show();
  }

  override complete(): boolean {
    return this.cancel();
  }

  protected override removeLast(): boolean {
    if (this.clicks.length === 0) return false;
    this.clicks = this.clicks.slice(0, -1);
    this.show();
    return true;
  }

  protected override show(): void {
    const { clicks, cursor, method } = this;
    const all = cursor ? [...clicks, cursor] : clicks;
    const figure = clicks.length > 0 ? method.figure(all) : null;
    this.context.stage.setPreview({
      crosshair: cursor,
      draft:
        clicks.length > 0
          ? { type: "polyline", color: this.color, points: all.flat(), fixed: clicks.length, figure: figure ?? undefined }
          : null,
      readout: figure && cursor ? { at: cursor, text: kindOf(method.type).measure(figure) } : null,
    });
  }
}
