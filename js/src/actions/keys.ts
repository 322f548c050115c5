/** Key presses as text: "ctrl+shift+z", "f", "delete", and sequences such as "t l". */

export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

const NAMES: Readonly<Record<string, string>> = {
  " ": "space",
  Escape: "escape",
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
  "`": "backquote",
};

const SHOWN: Readonly<Record<string, string>> = {
  ctrl: "Ctrl",
  shift: "Shift",
  alt: "Alt",
  space: "Space",
  escape: "Esc",
  delete: "Del",
  backquote: "`",
  left: "←",
  right: "→",
  up: "↑",
  down: "↓",
  home: "Home",
  end: "End",
  tab: "Tab",
  enter: "Enter",
};

/** Letters and digits go by their place on the keyboard, so that other layouts work; signs go by what they are. */
export function pressOf(event: KeyPress): string {
  const parts: string[] = [];
  if (event.ctrlKey || event.metaKey) parts.push("ctrl");
  if (event.altKey) parts.push("alt");
  const place = /^(?:Key([A-Z])|Digit([0-9])|Numpad([0-9]))$/.exec(event.code);
  const name = place ? (place[1] ?? place[2] ?? place[3] ?? "") : (NAMES[event.key] ?? event.key);
  // Shift is part of a sign such as "+", but not of a letter or of an arrow.
  if (event.shiftKey && (place || name.length > 1)) parts.push("shift");
  parts.push(name.toLowerCase());
  return parts.join("+");
}

/** A key combination as people read it. */
export function readable(keys: string): string {
  return keys
    .split(" ")
    .map((press) =>
      press
        .split(/\+(?=.)/)
        .map(
          (part) => SHOWN[part] ?? (/^f\d+$/.test(part) ? part.toUpperCase() : part.length === 1 ? part.toUpperCase() : part),
        )
        .join("+"),
    )
    .join(" ");
}

const SEQUENCE_MS = 1200;

/** Finds what a key press means, sequences included. */
export class KeyReader {
  private prefix = "";
  private at = 0;

  constructor(private readonly bindings: () => Iterable<readonly [keys: string, id: string]>) {}

  /** The id bound to this press (after what was pressed before), "prefix" if more must follow, or null. */
  read(event: KeyPress, now = Date.now()): string | null {
    const press = pressOf(event);
    const whole = this.prefix && now - this.at < SEQUENCE_MS ? `${this.prefix} ${press}` : press;
    this.prefix = "";
    let single: string | null = null;
    let begins = false;
    for (const [keys, id] of this.bindings()) {
      if (keys === whole) return id;
      if (keys === press) single ??= id;
      if (keys.startsWith(`${whole} `)) this.prefix = whole;
      else if (keys.startsWith(`${press} `)) begins = true;
    }
    // A key held down begins its sequence again and again.
    if (!this.prefix && single === null && begins) this.prefix = press;
    this.at = now;
    return this.prefix ? "prefix" : single;
  }
}

/** Whether somebody is typing text: tools and shortcuts keep still then. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "range", "button", "color"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable;
}
