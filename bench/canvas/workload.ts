/** The scene that both sides draw: random polygons of equal density on a frame of 1920 × 1080. */
import type { LabelSpec, ObjectState } from "../../js/src/document/records";

export const WIDTH = 1920;
export const HEIGHT = 1080;
export const COLORS = [
  "#e6194b",
  "#3cb44b",
  "#ffe119",
  "#4363d8",
  "#f58231",
  "#911eb4",
  "#46f0f0",
  "#f032e6",
  "#bcf60c",
  "#008080",
];

/** The same numbers on every run. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

export const LABELS: readonly LabelSpec[] = COLORS.map((color, i) => ({
  id: i + 1,
  name: `label ${i}`,
  color,
  type: "any",
  attributes: [],
  sublabels: [],
  svg: "",
}));

/** `count` polygons; the more there are the smaller they are, so that they cover the same share of the picture. */
export function polygons(count: number, vertices: number): ObjectState[] {
  const random = randomNumbers(12345);
  const radius = Math.sqrt((WIDTH * HEIGHT) / count) * 0.6;
  return Array.from({ length: count }, (_, i) => {
    const x = random() * WIDTH;
    const y = random() * HEIGHT;
    const points: number[] = [];
    for (let k = 0; k < vertices; k++) {
      const angle = (2 * Math.PI * k) / vertices;
      const distance = radius * (0.7 + 0.6 * random());
      points.push(
        Math.min(WIDTH, Math.max(0, x + distance * Math.cos(angle))),
        Math.min(HEIGHT, Math.max(0, y + distance * Math.sin(angle))),
      );
    }
    return {
      id: i + 1,
      kind: "shape",
      type: "polygon",
      frame: 0,
      label: (i % COLORS.length) + 1,
      points,
      rotation: 0,
      occluded: false,
      outside: false,
      keyframe: true,
      z_order: 0,
      group: 0,
      source: "manual",
      score: 1,
      attributes: {},
      elements: [],
    };
  });
}

/** A picture with some structure. */
export function picture(): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  const sky = context.createLinearGradient(0, 0, WIDTH, HEIGHT);
  sky.addColorStop(0, "#405060");
  sky.addColorStop(1, "#a09070");
  context.fillStyle = sky;
  context.fillRect(0, 0, WIDTH, HEIGHT);
  const random = randomNumbers(7);
  for (let i = 0; i < 400; i++) {
    context.fillStyle = `hsl(${random() * 360} 30% ${20 + random() * 60}%)`;
    context.fillRect(random() * WIDTH, random() * HEIGHT, 10 + random() * 60, 10 + random() * 60);
  }
  return canvas;
}
