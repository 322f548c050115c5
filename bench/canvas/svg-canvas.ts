/**
 * The baseline: a canvas that works the way CVAT's does, written from the description of its behaviour, not from its source.
 *
 * One SVG node an object in layers of the picture's size that are moved by `left` and `top` and scaled by a CSS transform. On every
 * change of the zoom all nodes get a new stroke width, and all texts are measured and placed again one by one, in the browser's
 * coordinates, because they must not grow with the picture. Plain `setAttribute` is used, which is cheaper than CVAT's wrapper.
 */
import type { ObjectState } from "../../js/src/document/records";
import { COLORS, HEIGHT, WIDTH } from "./workload";

const SVG = "http://www.w3.org/2000/svg";
const STROKE = 1.25;

export class SvgCanvas {
  private readonly image: HTMLElement;
  private readonly content: SVGSVGElement;
  private readonly texts: SVGSVGElement;
  private readonly layers: (HTMLElement | SVGSVGElement)[];
  private readonly shapes = new Map<number, SVGPolygonElement>();
  private readonly labels = new Map<number, SVGTextElement>();
  private scale = 1;
  private left = 0;

  constructor(host: HTMLElement, background: HTMLCanvasElement) {
    this.image = document.createElement("div");
    this.image.append(background);
    this.content = document.createElementNS(SVG, "svg");
    this.texts = document.createElementNS(SVG, "svg");
    const extra = Array.from({ length: 3 }, () => document.createElement("div"));
    this.layers = [this.image, ...extra, this.content, this.texts];
    for (const layer of this.layers) {
      Object.assign(layer.style, {
        position: "absolute",
        transformOrigin: "top left",
        overflow: "visible",
        pointerEvents: "none",
      });
      Object.assign(layer.style, { width: `${WIDTH}px`, height: `${HEIGHT}px` });
      host.append(layer);
    }
    this.content.style.pointerEvents = "auto";
  }

  setup(states: readonly ObjectState[], withTexts: boolean): void {
    for (const state of states) {
      const node = document.createElementNS(SVG, "polygon");
      const color = COLORS[state.label - 1] as string;
      node.setAttribute("points", pointsText(state.points));
      node.setAttribute("fill", color);
      node.setAttribute("fill-opacity", "0.3");
      node.setAttribute("stroke", color);
      node.setAttribute("stroke-width", String(STROKE / this.scale));
      node.setAttribute("id", `shape_${state.id}`);
      this.content.append(node);
      this.shapes.set(state.id, node);
      if (!withTexts) continue;
      const text = document.createElementNS(SVG, "text");
      text.textContent = `label ${state.label - 1} ${state.id}`;
      text.setAttribute("font-size", "13");
      text.setAttribute("fill", "white");
      this.texts.append(text);
      this.labels.set(state.id, text);
    }
    if (withTexts) this.placeTexts();
  }

  move(left: number, top: number): void {
    this.left = left;
    for (const layer of this.layers) {
      layer.style.left = `${left}px`;
      layer.style.top = `${top}px`;
    }
  }

  zoom(scale: number, left: number, top: number): void {
    this.scale = scale;
    this.move(left, top);
    for (const layer of this.layers) if (layer !== this.texts) layer.style.transform = `scale(${scale})`;
    const width = String(STROKE / scale);
    for (const node of this.shapes.values()) node.setAttribute("stroke-width", width);
    if (this.labels.size > 0) this.placeTexts();
  }

  dragTo(id: number, points: readonly number[]): void {
    this.shapes.get(id)?.setAttribute("points", pointsText(points));
  }

  hit(clientX: number, clientY: number): Element | null {
    return document.elementFromPoint(clientX, clientY);
  }

  dispose(): void {
    for (const layer of this.layers) layer.remove();
  }

  private placeTexts(): void {
    for (const [id, text] of this.labels) {
      const node = this.shapes.get(id) as SVGPolygonElement;
      text.style.display = "";
      const box = node.getBBox();
      const own = text.getBBox();
      const matrix = node.getScreenCTM() as DOMMatrix;
      const corner = new DOMPoint(box.x + box.width, box.y).matrixTransform(matrix);
      const back = (this.texts.getScreenCTM() as DOMMatrix).inverse();
      const place = corner.matrixTransform(back);
      text.setAttribute("x", String(place.x + 5));
      text.setAttribute("y", String(place.y + own.height));
      // Its new box decides whether it must go to the other side.
      const { x, width } = text.getBBox();
      if (x + width > WIDTH + this.left) text.setAttribute("x", String(place.x - width));
    }
  }
}

function pointsText(points: readonly number[]): string {
  const pairs: string[] = [];
  for (let i = 0; i + 1 < points.length; i += 2) pairs.push(`${points[i]},${points[i + 1]}`);
  return pairs.join(" ");
}
