/**
 * CVAT's SVG of a skeleton: lines for edges, circles for joints, places from 0 to 100. A text is searched for these and nothing
 * else; it is never parsed as markup or put in the page. Twin of cvat_widgets/model/skeletons.py.
 */
import { unescaped } from "../shapes/template";
import { labelProblems } from "./checks";
import { readJson } from "./json";
import { labelsOf } from "./raw-labels";
import { type LabelSpec, plain } from "./spec";

export interface SvgJoint {
  /** The name the SVG gives it; the number of its node if it gives none. */
  readonly name: string;
  /** Id of its label, where the SVG has that and no name. */
  readonly id: number | null;
  readonly x: number;
  readonly y: number;
  /** What an exported file says of it besides. */
  readonly spec: LabelSpec | null;
}

export interface SvgSkeleton {
  readonly joints: readonly SvgJoint[];
  /** Pairs of indices of joints. */
  readonly edges: readonly (readonly [number, number])[];
}

const MAX_TEXT = 1 << 20;
const MAX_JOINTS = 500;
const MAX_EDGES = 5000;
const HOSTILE = /<!DOCTYPE|<!ENTITY|<script|<foreignObject|<iframe|<!\[CDATA\[/i;

/** Read a skeleton; raises an error that says what is wrong. */
export function readSvg(text: string): SvgSkeleton {
  if (text.length > MAX_TEXT) throw new Error("The SVG is larger than 1 MiB.");
  const hostile = HOSTILE.exec(text);
  if (hostile) throw new Error(`The SVG holds ${hostile[0]}: only circles and lines belong into a template.`);
  const specs = specsOf(text);
  const nodes = new Map<string, number>();
  const joints: SvgJoint[] = [];
  for (const [tag] of text.matchAll(/<circle\b[^<>]{0,2000}>/g)) {
    const values = valuesOf(tag);
    const node = values.get("data-node-id");
    if (node === undefined || nodes.has(node)) continue;
    if (joints.length === MAX_JOINTS) throw new Error(`A skeleton has at most ${MAX_JOINTS} joints.`);
    const spec = specs.get(values.get("data-element-id") ?? "") ?? null;
    const name = values.get("data-label-name") || spec?.name;
    const id = name ? null : Number(values.get("data-label-id") ?? Number.NaN);
    nodes.set(node, joints.length);
    const known = Number.isSafeInteger(id) ? id : null;
    joints.push({ name: name || node, id: known, x: place(values.get("cx")), y: place(values.get("cy")), spec });
  }
  if (joints.length === 0) throw new Error("There are no joints in this SVG. Use one that CVAT or this editor exported.");
  const edges: [number, number][] = [];
  const drawn = new Set<string>();
  for (const [tag] of text.matchAll(/<line\b[^<>]{0,2000}>/g)) {
    const values = valuesOf(tag);
    const from = nodes.get(values.get("data-node-from") ?? "");
    const to = nodes.get(values.get("data-node-to") ?? "");
    if (from === undefined || to === undefined || from === to) continue;
    const key = `${Math.min(from, to)} ${Math.max(from, to)}`;
    if (drawn.has(key)) continue;
    if (edges.length === MAX_EDGES) throw new Error(`A skeleton has at most ${MAX_EDGES} edges.`);
    drawn.add(key);
    edges.push([from, to]);
  }
  return { joints, edges };
}

function valuesOf(tag: string): Map<string, string> {
  const found = tag.matchAll(/([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g);
  return new Map([...found].map(([, name, double, single]) => [name as string, unescaped(double ?? single ?? "")]));
}

function place(text = "50"): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new Error("A place in the SVG is not a number.");
  return Math.min(Math.max(value, 0), 100);
}

/** Names, colours and attributes of joints that an exported file carries, by element; what is not sound is left out. */
function specsOf(text: string): Map<string, LabelSpec> {
  const found = /<desc\b[^<>]{0,200}labels-specification[^<>]{0,200}>([^<]*)<\/desc>/.exec(text);
  if (!found) return new Map();
  let value: unknown;
  try {
    value = readJson(unescaped(found[1] as string)).value;
  } catch {
    return new Map();
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return new Map();
  const entries = Object.entries(value).slice(0, MAX_JOINTS);
  const { labels, problems } = labelsOf(entries.map(([, each]) => each));
  const sound = labels.map(
    (label, index) => !problems.some(({ path }) => path[0] === index) && labelProblems(label, [], [], true).length === 0,
  );
  return new Map(
    labels.flatMap((label, index) => (sound[index] ? [[(entries[index] as [string, unknown])[0], label] as const] : [])),
  );
}

// -- writing -----------------------------------------------------------------------------------------------------------------

const escaped = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#x27;");

const number = (value: number): string => String(Number(value.toFixed(4)));

export interface NamedPlace {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

/** What a label keeps. */
export function writeSvg(joints: readonly NamedPlace[], edges: SvgSkeleton["edges"]): string {
  const lines = edges.map(([from, to]) => {
    const [start, end] = [joints[from] as NamedPlace, joints[to] as NamedPlace];
    const ends = `x1="${number(start.x)}" y1="${number(start.y)}" x2="${number(end.x)}" y2="${number(end.y)}"`;
    return `<line ${ends} data-type="edge" data-node-from="${from + 1}" data-node-to="${to + 1}"></line>`;
  });
  const circles = joints.map(({ name, x, y }, index) => {
    const ids = `data-element-id="${index + 1}" data-node-id="${index + 1}" data-label-name="${escaped(name)}"`;
    return `<circle r="0.75" cx="${number(x)}" cy="${number(y)}" data-type="element node" ${ids}></circle>`;
  });
  return [...lines, ...circles].join("\n");
}

/** A file as CVAT's skeleton editor exports it, names, colours and attributes of the joints included. */
export function writeFile(label: LabelSpec): string {
  const specs = Object.fromEntries(
    label.sublabels.map((joint, index) => {
      const { id: _, attributes, ...rest } = plain(joint) as { id?: number; attributes: Record<string, unknown>[] };
      const unnumbered = attributes.map(({ id: _id, ...spec }) => spec);
      return [String(index + 1), { ...rest, attributes: unnumbered, has_parent: true }];
    }),
  );
  const description = `<desc data-description-type="labels-specification">${escaped(JSON.stringify(specs))}</desc>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">\n${label.svg}\n${description}\n</svg>\n`;
}
