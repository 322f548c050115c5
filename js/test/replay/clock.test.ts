import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LEAD, LONGEST_PAUSE, minutes, ReplayClock } from "../../src/panels/replay/clock";
import { type PointerSample, TRAIL_MS, Trail } from "../../src/panels/replay/trail";

const times = fc.array(fc.integer({ min: 0, max: 10_000_000 }), { maxLength: 60 });

describe("the clock of a replay", () => {
  it("keeps short pauses and cuts long ones", () => {
    const clock = new ReplayClock([1_000_000, 1_001_000, 5_000_000]);
    expect(clock.timeOf(1)).toBe(LEAD);
    expect(clock.timeOf(2)).toBe(LEAD + 1000);
    expect(clock.timeOf(3)).toBe(LEAD + 1000 + LONGEST_PAUSE);
    expect(clock.duration).toBe(clock.timeOf(3));
  });

  it("does not cut while the pointer moves", () => {
    const moves = Array.from({ length: 19 }, (_, i) => 500 * (i + 1));
    expect(new ReplayClock([0, 10_000], moves).timeOf(2)).toBe(LEAD + 10_000);
    expect(new ReplayClock([0, 10_000]).timeOf(2)).toBe(LEAD + LONGEST_PAUSE);
  });

  it("makes every change at its time, in order, and none before", () => {
    fc.assert(
      fc.property(times, times, (steps, others) => {
        const clock = new ReplayClock(steps, others);
        expect(clock.numberAt(-1)).toBe(0);
        expect(clock.timeOf(0)).toBe(0);
        for (let number = 1; number <= steps.length; number++) {
          const at = clock.timeOf(number);
          expect(at).toBeGreaterThan(clock.timeOf(number - 1));
          expect(clock.numberAt(at)).toBe(number);
          expect(clock.numberAt(at - 1e-6)).toBe(number - 1);
        }
        expect(clock.numberAt(clock.duration)).toBe(steps.length);
        expect(clock.duration).toBeLessThanOrEqual(LEAD + (steps.length + others.length) * LONGEST_PAUSE);
      }),
    );
  });

  it("never runs backwards, whatever the clocks of the kernels say", () => {
    fc.assert(
      fc.property(times, times, fc.array(fc.nat(10_000_000), { minLength: 2 }), (steps, others, asked) => {
        const clock = new ReplayClock(steps, others);
        const replay = [...asked].sort((a, b) => a - b).map((real) => clock.replayOf(real));
        replay.forEach((time, i) => {
          expect(time).toBeGreaterThanOrEqual(0);
          expect(time).toBeLessThanOrEqual(clock.duration);
          if (i > 0) expect(time).toBeGreaterThanOrEqual(replay[i - 1] as number);
        });
      }),
    );
  });

  it("has an end also where nothing happened", () => {
    const clock = new ReplayClock([]);
    expect([clock.duration, clock.numberAt(100), clock.timeOf(3), clock.replayOf(5)]).toEqual([0, 0, 0, 0]);
  });

  it("is read as minutes and seconds", () => {
    expect([0, 999, 65_000, 600_000, -5].map(minutes)).toEqual(["0:00", "0:01", "1:05", "10:00", "0:00"]);
  });
});

describe("the trail of the pointer", () => {
  const same = (real: number): number => real;

  it("goes from the oldest point to where the pointer is now", () => {
    const samples: PointerSample[] = [
      ["ann", 0, 0, 0, 0, 0],
      ["ann", 100, 0, 10, 0, 1],
      ["ann", 200, 0, 20, 40, 0],
    ];
    const [line] = new Trail(samples, same).at(150, 0);
    expect(line?.map(({ x, y, pressed }) => [x, y, pressed])).toEqual([
      [0, 0, false],
      [10, 0, true],
      [15, 20, true],
    ]);
    expect(line?.at(-1)?.age).toBe(0);
    expect(new Trail(samples, same).at(150, 1)).toEqual([]);
    expect(new Trail(samples, same).at(-1, 0)).toEqual([]);
    expect(new Trail(samples, same).at(100_000, 0)).toEqual([]);
  });

  it("shows no point of the future, of another frame or of long ago, and fades towards its end", () => {
    const sample = fc.tuple(
      fc.constantFrom("ann", "bob"),
      fc.integer({ min: 0, max: 5000 }),
      fc.integer({ min: 0, max: 2 }),
      fc.integer({ min: 0, max: 100 }),
      fc.integer({ min: 0, max: 100 }),
      fc.integer({ min: 0, max: 1 }),
    );
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 80 }), fc.nat(6000), fc.nat(2), (samples, time, frame) => {
        for (const speed of [0.5, 1, 50]) {
          const lines = new Trail(samples as PointerSample[], same).at(time, frame, speed);
          expect(lines.length).toBeLessThanOrEqual(2);
          for (const line of lines) {
            const ages = line.map(({ age }) => age);
            expect(ages).toEqual([...ages].sort((a, b) => b - a));
            expect(Math.min(...ages)).toBe(0);
            expect(Math.max(...ages)).toBeLessThan(1);
            for (const { x, y, age } of line.slice(0, -1)) {
              const real = time - age * TRAIL_MS * speed;
              const near = samples.some(
                ([, at, on, sx, sy]) => Math.abs(at - real) < 1e-6 && on === frame && sx === x && sy === y,
              );
              expect(near).toBe(true);
            }
          }
        }
      }),
    );
  });
});
