/** Where a layer lies in the view, and when it is worth asking for one. */
import type { View } from "../scene/area";

/** More frames a second than this have no layers while they are played. */
const MOST_PER_SECOND = 6;
const IMAGES_PER_SECOND = 10;

/** The rectangle of the view, in bitmap pixels, over which a layer of any size is stretched: that of the picture. */
export function placeOf(
  [width, height]: readonly [width: number, height: number],
  { x, y, scale }: Pick<View, "x" | "y" | "scale">,
): readonly [x: number, y: number, width: number, height: number] {
  return [x, y, width * scale, height * scale];
}

/** Whether frames go by too fast for drawing each of them in the kernel. */
export function tooFast(playing: boolean, fps: number | null, speed: number): boolean {
  return playing && (fps ?? IMAGES_PER_SECOND) * speed > MOST_PER_SECOND;
}

/** Whether two lists hold the very same things. */
export function same<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index]);
}
