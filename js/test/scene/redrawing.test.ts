import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Canvases } from "../../src/scene/canvases";
import { Redrawing } from "../../src/scene/redrawing";

let drawn: string[];
let canvas: { width: number; height: number };
let redrawing: Redrawing;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("requestAnimationFrame", (draw: () => void) => setTimeout(draw, 16));
  vi.stubGlobal("cancelAnimationFrame", (request: number) => clearTimeout(request));
  drawn = [];
  canvas = { width: 10, height: 10 };
  redrawing = new Redrawing({ base: canvas } as unknown as Canvases, (layer) => drawn.push(layer));
  redrawing.all();
  drawn = [];
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("draws each canvas once a frame of the screen, the lower one first, and only what is outdated", () => {
  for (const layer of ["top", "base", "top"] as const) redrawing.invalidate(layer);
  expect([drawn, redrawing.pending]).toEqual([[], true]);
  vi.advanceTimersByTime(16);
  expect([drawn, redrawing.pending]).toEqual([["base", "top"], false]);
  redrawing.invalidate("top");
  vi.runAllTimers();
  expect(drawn).toEqual(["base", "top", "top"]);
});

it("keeps in mind what is outdated while there is no room to draw", () => {
  canvas.width = 0;
  redrawing.invalidate("base");
  vi.runAllTimers();
  expect([drawn, redrawing.pending]).toEqual([[], true]);
  canvas.width = 10;
  redrawing.all();
  expect(drawn).toEqual(["base", "top"]);
});

it("draws quickly while the view moves, and once more when it rests", () => {
  redrawing.moved();
  vi.advanceTimersByTime(16);
  expect(drawn).toEqual(["base", "top"]);
  expect([redrawing.moving, redrawing.quick]).toEqual([true, true]);
  vi.runAllTimers();
  expect(drawn).toEqual(["base", "top", "base"]);
  expect([redrawing.moving, redrawing.quick]).toEqual([false, false]);
});

it("holds the lower canvas back for a while, and draws it then", () => {
  redrawing.hold();
  expect(redrawing.isHeld()).toBe(true);
  vi.runAllTimers();
  expect(drawn).toEqual(["base"]);
  expect(redrawing.isHeld()).toBe(false);
});

it("draws nothing more once it is disposed of", () => {
  redrawing.moved();
  redrawing.dispose();
  vi.runAllTimers();
  expect(drawn).toEqual([]);
});
