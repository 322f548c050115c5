/** What waits to be accepted, drawn over the canvas: dashed, with names and scores, and out of reach of the pointer. */
import { effect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ObjectState, ShapeRecord } from "../../document/records";
import type { Editor } from "../../editor";
import { type Item, makeItem } from "../../scene/items";
import { drawPlate, FONT } from "../../scene/labels";
import { enter, LINE_WIDTH, paintItem, type Style } from "../../scene/painter";
import { cssOfTurn, onScreen, turnSize, uprightMatrix } from "../../scene/picture-turn";
import type { Scene } from "../../scene/scene";
import { useAnnotator } from "../context";
import { modelsOf } from "./state";
import { percentOf } from "./threshold";

/** Names of more than this many would cover the picture. */
const MOST_NAMES = 60;
const REST_MS = 60;
const LINE = 1.6 * LINE_WIDTH;

interface Drawn {
  readonly item: Item;
  readonly name: string;
}

/** A record that is not in the document, as it would look there. */
function drawnOf(record: ShapeRecord, index: number, editor: Editor): Drawn {
  const state: ObjectState = { ...record, id: -1 - index, keyframe: true, occluded: true };
  const name = editor.labelOf(record.label)?.name ?? "object";
  return { item: makeItem(state, editor), name: `${name} ${percentOf(record.score)} %` };
}

export function DraftLayer() {
  const { editor, scene } = useAnnotator();
  useEffect(() => {
    const models = modelsOf(editor);
    const canvas = scene.host.ownerDocument.createElement("canvas");
    canvas.className = "cvw-canvas-drafts";
    canvas.setAttribute("aria-hidden", "true");
    scene.host.append(canvas);
    let request = 0;
    let rest: ReturnType<typeof setTimeout> | undefined;
    const stops = [
      effect(() => {
        const frame = editor.frame.value;
        clearTimeout(rest);
        // Who drags the slider passes many frames.
        if (models.pending.value) rest = setTimeout(() => void models.look(frame), REST_MS);
      }),
      effect(() => {
        const drafts = models.drafts.value;
        const shown = drafts?.frame === scene.shownFrame.value ? models.passing.value : [];
        const { selectedOpacity, textSize, controlPointSize } = editor.settings.value;
        const { scale, x, y, size, turn } = scene.viewport;
        const view = { scale: scale.value, x: x.value, y: y.value, size: size.value, turn: turn.value };
        const shapes = shown.filter((record): record is ShapeRecord => record.kind === "shape");
        const drawn = shapes.map((record, index) => drawnOf(record, index, editor));
        cancelAnimationFrame(request);
        request = requestAnimationFrame(() => {
          draw(canvas, drawn, view, { opacity: selectedOpacity / 100, textSize, pointRadius: controlPointSize });
        });
      }),
    ];
    return () => {
      cancelAnimationFrame(request);
      clearTimeout(rest);
      for (const stop of stops) stop();
      canvas.remove();
    };
  }, [editor, scene]);
  return null;
}

interface Seen {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
  readonly size: readonly [width: number, height: number];
  readonly turn: ReturnType<Scene["viewport"]["turn"]["peek"]>;
}

function draw(
  canvas: HTMLCanvasElement,
  drawn: readonly Drawn[],
  { scale, x, y, size, turn }: Seen,
  look: Pick<Style, "opacity" | "textSize" | "pointRadius">,
): void {
  const ratio = canvas.ownerDocument.defaultView?.devicePixelRatio || 1;
  // As the canvases of the scene: laid out before the turn, and turned by the browser.
  const [width, height] = turnSize(size, turn);
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  canvas.style.transform = cssOfTurn(turn, ...size);
  const context = canvas.getContext("2d");
  if (!context || drawn.length === 0) return;
  const area = { x: -x / scale, y: -y / scale, scale: scale * ratio, width: canvas.width, height: canvas.height };
  const style: Style = {
    ...look,
    outlines: true,
    outlineColor: "",
    texts: false,
    centerTexts: false,
    turn,
    lineWidth: LINE,
    pixelRatio: ratio,
  };
  context.lineJoin = "round";
  enter(context, area);
  for (const { item } of drawn) paintItem(context, item, style, 1 / scale);
  if (drawn.length > MOST_NAMES) return;
  context.setTransform(1, 0, 0, 1, 0, 0);
  if (turn !== 0) context.setTransform(...uprightMatrix(turn, canvas.width, canvas.height));
  context.font = `${look.textSize * ratio}px ${FONT}`;
  context.textBaseline = "middle";
  const plate = (look.textSize + 6) * ratio;
  for (const { item, name } of drawn) {
    const corners = [
      [item.box.minX, item.box.minY],
      [item.box.maxX, item.box.maxY],
    ].map(([cx, cy]) =>
      onScreen([((cx as number) * scale + x) * ratio, ((cy as number) * scale + y) * ratio], canvas.width, canvas.height, turn),
    );
    const left = Math.min(...corners.map(([cx]) => cx));
    const top = Math.min(...corners.map(([, cy]) => cy));
    drawPlate(context, [name], Math.max(0, left), Math.max(0, top - plate), look.textSize, ratio, item.color);
  }
}
