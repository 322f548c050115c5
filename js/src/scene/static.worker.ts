/** Draws bitmaps of shapes away from the page; see easel.ts. */
import { type DrawMessage, Easel, type EaselAnswer, type EaselMessage } from "./easel";

const easel = new Easel();
const SLICE_MS = 12;

let current: DrawMessage | null = null;

/** Let messages in between two slices of a long drawing. */
const { port1, port2 } = new MessageChannel();
let resume: (() => void) | null = null;
port1.onmessage = () => resume?.();

function breathe(): Promise<void> {
  return new Promise((resolve) => {
    resume = resolve;
    port2.postMessage(null);
  });
}

function answer(message: EaselAnswer, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}

async function draw(message: DrawMessage): Promise<void> {
  const { request, area } = message;
  const canvas = new OffscreenCanvas(Math.max(1, area.width), Math.max(1, area.height));
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no 2D context in the worker");
  const steps = easel.draw(context, message);
  let began = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done) {
      const bitmap = canvas.transferToImageBitmap();
      answer({ t: "drawn", request, bitmap, labels: step.value }, [bitmap]);
      return;
    }
    if (performance.now() - began > SLICE_MS) {
      await breathe();
      if (current !== message) return;
      began = performance.now();
    }
  }
}

self.onmessage = (event: MessageEvent<EaselMessage>) => {
  const message = event.data;
  if (message.t === "items") {
    easel.takeItems(message);
  } else if (message.t === "cancel") {
    if (current?.request === message.request) current = null;
  } else {
    current = message;
    draw(message).catch((error: unknown) => {
      answer({ t: "failed", error: String(error) });
    });
  }
};
