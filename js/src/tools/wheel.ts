/** How much a turn of the wheel zooms. */

const STEP = 6 / 5;
/** CSS pixels that a notch of a common mouse wheel reports. */
const NOTCH = 100;
/** Pinching on a trackpad arrives as a wheel with Ctrl and small numbers. */
const PINCH_NOTCH = 10;
const LINE = 33;
const PAGE = 400;

export function wheelFactor(event: Pick<WheelEvent, "deltaY" | "deltaMode" | "ctrlKey">): number {
  const unit = event.deltaMode === 1 ? LINE : event.deltaMode === 2 ? PAGE : 1;
  const pixels = event.deltaY * unit;
  const isPinch = event.ctrlKey && Math.abs(pixels) < NOTCH / 2;
  const notches = pixels / (isPinch ? PINCH_NOTCH : NOTCH);
  return STEP ** -Math.min(4, Math.max(-4, notches));
}
