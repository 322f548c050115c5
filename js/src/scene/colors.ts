/** Colours of objects: by label, by instance or by group. */
import type { LabelSpec, ObjectState } from "../document/records";
import type { Settings } from "../editor";

const NO_LABEL = "#808080";
const NO_GROUP = "#e0e0e0";
/** Steps of the golden angle give neighbours in a sequence far apart hues. */
const GOLDEN_ANGLE = 137.50776405;

function hslToHex(hue: number, saturation: number, lightness: number): string {
  const chroma = saturation * Math.min(lightness, 1 - lightness);
  const channel = (offset: number): string => {
    const k = (offset + hue / 30) % 12;
    const value = lightness - chroma * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(value * 255)
      .toString(16)
      .padStart(2, "0");
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`;
}

/** A colour for a number; the same number always has the same colour. */
export function sequenceColor(index: number): string {
  const hue = (((index * GOLDEN_ANGLE) % 360) + 360) % 360;
  // Three bands of lightness keep instances apart that come round to a similar hue.
  const lightness = 0.5 + 0.1 * ((Math.abs(index) % 3) - 1);
  return hslToHex(hue, 0.75, lightness);
}

/** How the colour of a single object is kept among the settings: "task/object/#rrggbb". */
export const keptColor = (task: number, id: number, color: string): string => `${task}/${id}/${color}`;

/** The colours that single objects of a task were given. */
export function ownColors(kept: readonly string[], task: number): ReadonlyMap<number, string> {
  const colors = new Map<number, string>();
  for (const each of kept) {
    const [of, id, color = ""] = each.split("/");
    if (Number(of) === task && /^#[0-9a-f]{6}$/.test(color)) colors.set(Number(id), color);
  }
  return colors;
}

export function colorOf(
  state: Pick<ObjectState, "id" | "group">,
  label: LabelSpec | undefined,
  colorBy: Settings["colorBy"],
  own: ReadonlyMap<number, string>,
): string {
  if (colorBy === "instance") return own.get(state.id) ?? sequenceColor(state.id);
  if (colorBy === "group") return state.group === 0 ? NO_GROUP : sequenceColor(state.group);
  return label?.color || NO_LABEL;
}

const withAlpha = new Map<string, string>();

/** `#rrggbb` with an alpha of 0–1, as a CSS colour. */
export function translucent(color: string, alpha: number): string {
  const key = `${color}/${alpha}`;
  let result = withAlpha.get(key);
  if (result === undefined) {
    const value = Number.parseInt(color.slice(1, 7), 16);
    result = Number.isNaN(value)
      ? `rgba(128, 128, 128, ${alpha})`
      : `rgba(${value >> 16}, ${(value >> 8) & 255}, ${value & 255}, ${alpha})`;
    if (withAlpha.size > 4096) withAlpha.clear();
    withAlpha.set(key, result);
  }
  return result;
}
