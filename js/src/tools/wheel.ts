/** How much a turn of the wheel zooms. */

const STEP = 6 / 5;
/** CSS pixels that a notch of a common mouse wheel reports. */
const NOTCH = 100;
/** Pinching on a trackpad arrives as a wheel with Ctrl and small numbers. */
const PINCH_NOTCH = 10;
const LINE = 33;
const PAGE = 400;

type Turn = Pick<WheelEvent, "deltaY" | "deltaMode" | "ctrlKey">;

function pixelsOf({ deltaY, deltaMode }: Turn): number {
  return deltaY * (deltaMode === 1 ? LINE : deltaMode === 2 ? PAGE : 1);
}

/** Whether it is no wheel but two fingers on a trackpad. */
export function isPinch(event: Turn): boolean {
  return event.ctrlKey && Math.abs(pixelsOf(event)) < NOTCH / 2;
}

export function wheelFactor(event: Turn): number {
  const notches = pixelsOf(event) / (isPinch(event) ? PINCH_NOTCH : NOTCH);
  return STEP ** -Math.min(4, Math.max(-4, notches));
}
