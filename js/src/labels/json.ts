/** JSON with the line of everything in it, so that what is wrong can be pointed at. */

const DEPTH = 32;

export class JsonProblem extends Error {
  constructor(
    message: string,
    readonly line: number,
    readonly column: number,
  ) {
    super(message);
    this.name = "JsonProblem";
  }
}

interface Node {
  readonly line: number;
  readonly children: Map<string | number, Node>;
}

export interface LocatedJson {
  readonly value: unknown;
  /** The line, from 1, of what stands at a path, or of the nearest thing around it. */
  lineOf(path: readonly (string | number)[]): number;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORDS: readonly (readonly [string, unknown])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
];

/** Read JSON; what `JSON.parse` refuses raises `JsonProblem`, and so does what is nested too deeply. */
export function readJson(text: string): LocatedJson {
  const reader = new Reader(text);
  const { value, node } = reader.all();
  return {
    value,
    lineOf(path) {
      let found = node;
      for (const part of path) {
        const next = found.children.get(part);
        if (!next) break;
        found = next;
      }
      return found.line;
    },
  };
}

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  all(): { value: unknown; node: Node } {
    const result = this.value(0);
    this.blank();
    if (this.at < this.text.length) throw this.problem("Nothing may follow here");
    return result;
  }

  private value(depth: number): { value: unknown; node: Node } {
    this.blank();
    if (depth > DEPTH) throw this.problem("This is nested too deeply");
    const node: Node = { line: this.place().line, children: new Map() };
    const start = this.text[this.at];
    if (start === "{") return { value: this.object(node, depth), node };
    if (start === "[") return { value: this.array(node, depth), node };
    if (start === '"') return { value: this.string(), node };
    for (const [word, value] of WORDS) {
      if (!this.text.startsWith(word, this.at)) continue;
      this.at += word.length;
      return { value, node };
    }
    const number = this.match(NUMBER);
    if (number !== null) return { value: Number(number), node };
    throw this.problem(start === undefined ? "The text ends too early" : "A value is expected");
  }

  private object(node: Node, depth: number): unknown {
    // No prototype: a key such as __proto__ is a key like any other.
    const result: Record<string, unknown> = Object.create(null);
    this.at += 1;
    this.blank();
    if (this.take("}")) return result;
    for (;;) {
      this.blank();
      if (this.text[this.at] !== '"') throw this.problem("A name in double quotes is expected");
      const name = this.string();
      this.blank();
      if (!this.take(":")) throw this.problem("A colon is expected");
      const member = this.value(depth + 1);
      result[name] = member.value;
      node.children.set(name, member.node);
      this.blank();
      if (this.take("}")) return result;
      if (!this.take(",")) throw this.problem("A comma or } is expected");
    }
  }

  private array(node: Node, depth: number): unknown {
    const result: unknown[] = [];
    this.at += 1;
    this.blank();
    if (this.take("]")) return result;
    for (;;) {
      const member = this.value(depth + 1);
      node.children.set(result.length, member.node);
      result.push(member.value);
      this.blank();
      if (this.take("]")) return result;
      if (!this.take(",")) throw this.problem("A comma or ] is expected");
    }
  }

  private string(): string {
    let end = this.at + 1;
    while (end < this.text.length && this.text[end] !== '"') end += this.text[end] === "\\" ? 2 : 1;
    try {
      const value = JSON.parse(this.text.slice(this.at, end + 1)) as string;
      this.at = end + 1;
      return value;
    } catch {
      throw this.problem("This text has no end, or holds what JSON does not allow");
    }
  }

  private match(pattern: RegExp): string | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (!found) return null;
    this.at = pattern.lastIndex;
    return found[0];
  }

  private take(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  private blank(): void {
    while (/[ \t\n\r]/.test(this.text[this.at] ?? "")) this.at += 1;
  }

  private place(): { line: number; column: number } {
    const before = this.text.slice(0, this.at);
    const start = before.lastIndexOf("\n") + 1;
    return { line: before.split("\n").length, column: this.at - start + 1 };
  }

  private problem(message: string): JsonProblem {
    const { line, column } = this.place();
    return new JsonProblem(message, line, column);
  }
}
