/**
 * Shows a tree of Markdown as the kernel read it. The text was written by others, and so this believes nothing: only the elements
 * named here are made, texts are text, and a link goes to http or https.
 */
import { type ComponentChildren, createElement, type FunctionComponent } from "preact";

const DEEPEST = 60;
const PLAIN: Readonly<Record<string, string>> = {
  p: "p",
  ul: "ul",
  li: "li",
  quote: "blockquote",
  em: "em",
  strong: "strong",
  del: "del",
};
const ALIGNS: readonly unknown[] = ["left", "center", "right"];

export type PictureComponent = FunctionComponent<{ readonly name: string; readonly alt: string }>;

interface MarkdownTreeProps {
  /** As it came: a list of nodes, each a text or an object with its type in `t`. */
  readonly blocks: unknown;
  readonly Picture: PictureComponent;
}

export function MarkdownTree({ blocks, Picture }: MarkdownTreeProps) {
  return <>{shown(blocks, Picture, 0)}</>;
}

/** An address that may be followed; null if it is none. */
export function safeAddress(address: unknown): string | null {
  if (typeof address !== "string" || !/^https?:\/\//i.test(address)) return null;
  try {
    const { protocol, hostname, href } = new URL(address);
    return (protocol === "http:" || protocol === "https:") && hostname !== "" ? href : null;
  } catch {
    return null;
  }
}

function shown(nodes: unknown, Picture: PictureComponent, depth: number): ComponentChildren {
  if (!Array.isArray(nodes) || depth > DEEPEST) return null;
  return nodes.map((node: unknown) => {
    if (typeof node === "string") return node;
    return typeof node === "object" && node !== null ? element(node as Record<string, unknown>, Picture, depth + 1) : null;
  });
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

function element(node: Readonly<Record<string, unknown>>, Picture: PictureComponent, depth: number): ComponentChildren {
  const inside = (): ComponentChildren => shown(node.c, Picture, depth);
  const plain = typeof node.t === "string" && Object.hasOwn(PLAIN, node.t) ? PLAIN[node.t] : undefined;
  if (plain) return createElement(plain, null, inside());
  switch (node.t) {
    case "h": {
      const level = Math.min(6, Math.max(1, Math.round(Number(node.level)) || 1));
      // The title of the dialog is a heading of the second level.
      return createElement(`h${Math.min(6, level + 2)}`, { class: `cvw-guide-h${level}` }, inside());
    }
    case "ol":
      return <ol start={Math.round(Number(node.start)) || 0}>{inside()}</ol>;
    case "pre":
      return (
        <pre>
          <code>{text(node.text)}</code>
        </pre>
      );
    case "code":
      return <code>{text(node.text)}</code>;
    case "hr":
      return <hr />;
    case "br":
      return <br />;
    case "a": {
      const address = safeAddress(node.href);
      if (!address) return inside();
      return (
        <a href={address} target="_blank" rel="noopener noreferrer nofollow">
          {inside()}
        </a>
      );
    }
    case "img":
      return typeof node.name === "string" ? <Picture name={node.name} alt={text(node.alt)} /> : null;
    case "table":
      return table(node, Picture, depth);
    default:
      return null;
  }
}

function table(node: Readonly<Record<string, unknown>>, Picture: PictureComponent, depth: number): ComponentChildren {
  const aligns = Array.isArray(node.align) ? node.align : [];
  const cells = (row: unknown, name: "th" | "td"): ComponentChildren =>
    Array.isArray(row)
      ? row.map((cell, index) => {
          const align = ALIGNS.includes(aligns[index]) ? { style: { textAlign: aligns[index] as string } } : null;
          return createElement(name, align, shown(cell, Picture, depth + 1));
        })
      : null;
  const rows = Array.isArray(node.rows) ? node.rows : [];
  return (
    <div class="cvw-guide-table">
      <table>
        <thead>
          <tr>{cells(node.head, "th")}</tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>{cells(row, "td")}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
