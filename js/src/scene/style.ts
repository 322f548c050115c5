/** What the settings mean for drawing shapes. */
import type { Settings } from "../editor";
import { lineWidthFor, type Style } from "./painter";
import type { Turn } from "./picture-turn";

interface Circumstances {
  /** Whether shapes are shown as a bitmap of classes. */
  readonly bitmap: boolean;
  readonly turn: Turn;
  /** How many items there are: in a crowd lines are thinner. */
  readonly items: number;
  readonly pixelRatio: number;
}

export function styleOf(settings: Settings, { bitmap, turn, items, pixelRatio }: Circumstances): Style {
  return {
    opacity: bitmap ? 1 : settings.opacity / 100,
    outlines: settings.outlines && !bitmap,
    outlineColor: bitmap ? "" : settings.outlineColor,
    texts: settings.showText === "always" && !bitmap,
    centerTexts: settings.textPosition === "center",
    turn,
    textSize: settings.textSize,
    pointRadius: settings.controlPointSize,
    lineWidth: lineWidthFor(items, pixelRatio),
    pixelRatio,
  };
}
