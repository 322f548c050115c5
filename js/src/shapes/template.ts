/** A skeleton's template as a label keeps it: where its joints stand (0–100 of its box) and which of them bones connect. */
import type { LabelSpec } from "../document/records";

export interface Joint {
  /** The sublabel as the template has it: "#" and its id, or "=" and its name, for a name may be a number too. */
  readonly label: string;
  readonly x: number;
  readonly y: number;
}

export interface Template {
  readonly joints: readonly Joint[];
  /** Pairs of such sublabels. */
  readonly bones: readonly (readonly [string, string])[];
}

const templates = new Map<string, Template>();
const MAX_KEPT = 256;

/** Read a template out of the SVG of a label. The text is searched, never parsed as markup or put in the page. */
export function templateOf(svg: string): Template {
  let template = templates.get(svg);
  if (!template) {
    template = read(svg);
    if (templates.size > MAX_KEPT) templates.clear();
    templates.set(svg, template);
  }
  return template;
}

function read(svg: string): Template {
  const nodes = new Map<string, string>();
  const joints: Joint[] = [];
  for (const [tag] of svg.matchAll(/<circle\b[^>]{0,2000}>/g)) {
    const node = attribute(tag, "data-node-id");
    const id = attribute(tag, "data-label-id");
    const name = attribute(tag, "data-label-name");
    if (id === undefined && name === undefined) continue;
    const label = id === undefined ? `=${name}` : `#${id}`;
    if (node !== undefined) nodes.set(node, label);
    joints.push({ label, x: Number(attribute(tag, "cx") ?? 50), y: Number(attribute(tag, "cy") ?? 50) });
  }
  const bones: (readonly [string, string])[] = [];
  for (const [tag] of svg.matchAll(/<line\b[^>]{0,2000}>/g)) {
    const from = nodes.get(attribute(tag, "data-node-from") ?? "");
    const to = nodes.get(attribute(tag, "data-node-to") ?? "");
    if (from !== undefined && to !== undefined) bones.push([from, to]);
  }
  return { joints: joints.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y)), bones };
}

function attribute(tag: string, name: string): string | undefined {
  const found = new RegExp(`\\s${name}\\s*=\\s*["']([^"']*)["']`).exec(tag)?.[1];
  return found && unescaped(found);
}

const MARKS: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#x27": "'", "#39": "'" };

/** A text of an SVG with the five characters that markup writes in another way. */
export function unescaped(text: string): string {
  return text.replaceAll(/&(amp|lt|gt|quot|#x27|#39);/g, (_, name: string) => MARKS[name] as string);
}

export interface PlacedJoint {
  readonly label: LabelSpec;
  /** As shares of the box, 0–1. */
  readonly x: number;
  readonly y: number;
}

/** The joints of a label in the order of its sublabels, spread over the whole box; those the template lacks stand on a circle. */
export function placedJoints(label: LabelSpec): readonly PlacedJoint[] {
  const { joints } = templateOf(label.svg);
  const xs = joints.map(({ x }) => x);
  const ys = joints.map(({ y }) => y);
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [width, height] = [Math.max(...xs) - left, Math.max(...ys) - top];
  return label.sublabels.map((sublabel, index) => {
    const joint = joints.find((each) => each.label === `#${sublabel.id}` || each.label === `=${sublabel.name}`);
    if (!joint) {
      const angle = (2 * Math.PI * index) / label.sublabels.length;
      return { label: sublabel, x: 0.5 + Math.sin(angle) / 2, y: 0.5 - Math.cos(angle) / 2 };
    }
    return {
      label: sublabel,
      x: width > 0 ? (joint.x - left) / width : 0.5,
      y: height > 0 ? (joint.y - top) / height : 0.5,
    };
  });
}
