/** Scales of a plot: from values to pixels, with round ticks. */

export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly logarithmic: boolean;
}

export interface Tick {
  readonly value: number;
  readonly text: string;
}

const straight = (scale: Scale, value: number): number => (scale.logarithmic ? Math.log10(value) : value);

/** Where a value is between the ends of a scale: 0 at `low`, 1 at `high`. */
export function shareOf(scale: Scale, value: number): number {
  const low = straight(scale, scale.low);
  return (straight(scale, value) - low) / (straight(scale, scale.high) - low);
}

/** A scale on which all values are seen, with some room at both ends; one that is as good where they are all the same. */
export function scaleOf(values: Iterable<number>, logarithmic: boolean): Scale {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return { low: logarithmic ? 1 : 0, high: logarithmic ? 10 : 1, logarithmic };
  // What differs in the last digits of a number only is the same on any screen.
  const apart = high - low > 1e-9 * Math.max(Math.abs(low), Math.abs(high));
  if (logarithmic) {
    const room = apart ? (high / low) ** 0.04 : 2;
    return { low: low / room, high: high * room, logarithmic };
  }
  const room = apart ? (high - low) * 0.04 : Math.abs(high) / 2 || 1;
  return { low: low - room, high: high + room, logarithmic };
}

/** A number as short as it can be told, with as many digits as a step needs. */
function textOf(value: number, step: number): string {
  if (value !== 0 && (Math.abs(value) >= 1e6 || Math.abs(value) < 1e-4)) return value.toExponential(1).replace(".0e", "e");
  const digits = Math.min(Math.max(Math.ceil(-Math.log10(step) - 1e-9), 0), 6);
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Round values on a scale, about `wanted` of them. */
export function ticksOf(scale: Scale, wanted: number): Tick[] {
  return scale.logarithmic ? logarithmicTicks(scale, wanted) : evenTicks(scale, wanted);
}

function evenTicks({ low, high }: Scale, wanted: number): Tick[] {
  const rough = (high - low) / Math.max(wanted, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10);
  const first = Math.ceil(low / step);
  // So close to each other, and so far from 0, there are no round values.
  if (!(Math.abs(first) < 2 ** 40)) return [{ value: low, text: low.toExponential(3) }];
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, index) => {
    const value = (first + index) * step;
    return { value, text: textOf(value, step) };
  });
}

/** Powers of ten with what is round between them; within one decade, even steps say more. */
function logarithmicTicks(scale: Scale, wanted: number): Tick[] {
  const decades = Math.log10(scale.high / scale.low);
  const between = decades > wanted ? [1] : decades > wanted / 2 ? [1, 3] : [1, 2, 5];
  const every = Math.max(Math.ceil(decades / Math.max(wanted, 1)), 1);
  const ticks: Tick[] = [];
  const first = Math.floor(Math.log10(scale.low));
  for (let power = first; 10 ** power <= scale.high; power += every) {
    for (const each of between) {
      const value = each * 10 ** power;
      if (value >= scale.low && value <= scale.high) ticks.push({ value, text: textOf(value, 10 ** power) });
    }
  }
  return ticks.length >= 3 ? ticks : evenTicks(scale, wanted);
}
