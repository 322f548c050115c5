/** Quarter turns, clockwise on a screen whose y runs down. The worker uses this file: it must not bring the interface along. */
import type { Point } from "../shapes/kind";

export type Turn = 0 | 1 | 2 | 3;

/** One turn after another. */
export function sumOfTurns(a: number, b: number): Turn {
  return ((((a + b) % 4) + 4) % 4) as Turn;
}

/** A vector after quarter turns. */
export function turnVector([x, y]: Point, turn: Turn): Point {
  if (turn === 1) return [0 - y, x];
  if (turn === 2) return [0 - x, 0 - y];
  if (turn === 3) return [y, 0 - x];
  return [x, y];
}

/** A vector before these quarter turns. */
export function unturnVector(vector: Point, turn: Turn): Point {
  return turnVector(vector, sumOfTurns(0, -turn));
}

/** Width and height of what is turned. */
export function turnSize([width, height]: Point, turn: Turn): Point {
  return turn % 2 === 1 ? [height, width] : [width, height];
}

/** A point of a canvas of this size, seen on a screen on which the canvas is turned. */
export function onScreen([x, y]: Point, width: number, height: number, turn: Turn): Point {
  if (turn === 1) return [height - y, x];
  if (turn === 2) return [width - x, height - y];
  if (turn === 3) return [y, width - x];
  return [x, y];
}

/** For setTransform: what is drawn in the coordinates of the screen stands upright once the canvas is turned. */
export function uprightMatrix(
  turn: Turn,
  width: number,
  height: number,
): readonly [number, number, number, number, number, number] {
  if (turn === 1) return [0, -1, 1, 0, 0, height];
  if (turn === 2) return [-1, 0, 0, -1, width, height];
  if (turn === 3) return [0, 1, -1, 0, width, 0];
  return [1, 0, 0, 1, 0, 0];
}

/** CSS that turns a canvas of a turned size so that it fills a view of this size. */
export function cssOfTurn(turn: Turn, width: number, height: number): string {
  if (turn === 1) return `translate(${width}px, 0) rotate(90deg)`;
  if (turn === 2) return `translate(${width}px, ${height}px) rotate(180deg)`;
  if (turn === 3) return `translate(0, ${height}px) rotate(270deg)`;
  return "";
}
