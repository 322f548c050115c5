/** Every action and every label by its name: a few letters and Enter. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { ACTIONS, run } from "../actions/actions";
import { keysOf } from "../actions/bindings";
import type { Context } from "../actions/context";
import { fuzzyFilter } from "../actions/fuzzy";
import { readable } from "../actions/keys";
import { applyLabel } from "../actions/labels";
import { useAnnotator } from "./context";

export interface Entry {
  readonly id: string;
  readonly text: string;
  readonly group: string;
  readonly keys: readonly string[];
  readonly enabled: boolean;
  readonly color?: string;
  readonly run: () => void;
}

/** So many are in the page at once; whoever wants another types another letter. */
const MOST = 60;
const REMEMBERED = 6;
/** What was run last, of all annotators of the page. */
let recent: readonly string[] = [];

export function entriesOf(context: Context): Entry[] {
  const { editor } = context;
  const chosen = editor.settings.peek().keys;
  const writable = !editor.info.readOnly;
  const actions = ACTIONS.filter(
    ({ id, workspace }) => id !== "palette" && !/^label-\d+$/.test(id) && (!workspace || workspace === editor.workspace.peek()),
  ).map(
    (action): Entry => ({
      id: action.id,
      text: action.label,
      group: action.group,
      keys: keysOf(action, chosen),
      enabled: action.enabled ? action.enabled(context) : true,
      run: () => run(action.id, context),
    }),
  );
  const labels = editor.labels.peek().map((label, index): Entry => {
    const action = ACTIONS.find(({ id }) => id === `label-${index + 1}`);
    return {
      id: `use-label-${label.id}`,
      text: label.name,
      group: "Labels",
      keys: action ? keysOf(action, chosen) : [],
      enabled: writable,
      color: label.color,
      run: () => applyLabel(context, label),
    };
  });
  return [...actions, ...labels];
}

export function Palette() {
  return useAnnotator().ui.dialog.value === "palette" ? <Open /> : null;
}

function Open() {
  const context = useAnnotator();
  const { ui } = context;
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState(0);
  const [entries] = useState(() => {
    const all = entriesOf(context);
    const last = recent.flatMap((id) => all.find((entry) => entry.id === id) ?? []);
    return [...last, ...all.filter((entry) => !last.includes(entry))];
  });
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const root = field.current?.closest<HTMLElement>(".cvw-root");
    field.current?.focus({ preventScroll: true });
    return () => root?.focus({ preventScroll: true });
  }, []);
  const found = fuzzyFilter(query, entries, ({ text }) => text).slice(0, MOST);
  const at = Math.min(chosen, found.length - 1);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [at]);
  const close = (): void => {
    ui.dialog.value = null;
  };
  const take = (entry: Entry | undefined): void => {
    if (!entry?.enabled) return;
    recent = [entry.id, ...recent.filter((id) => id !== entry.id)].slice(0, REMEMBERED);
    close();
    // The focus goes back first, so that what is opened now can take it.
    setTimeout(() => entry.run());
  };
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
    if (step) setChosen(Math.min(found.length - 1, Math.max(0, at + step)));
    else if (event.key === "Enter") take(found[at]?.item);
    else if (event.key === "Escape" || event.key === "Tab") close();
    else if (!((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k")) return;
    else close();
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      class="cvw-overlay cvw-palette-overlay"
      role="presentation"
      data-testid="palette"
      onPointerDown={(event) => {
        if (event.target === event.currentTarget) close();
      }}
    >
      <div class="cvw-palette" role="dialog" aria-modal="true" aria-label="Commands">
        <input
          ref={field}
          class="cvw-palette-field"
          type="text"
          role="combobox"
          aria-expanded="true"
          aria-controls="cvw-palette-list"
          aria-activedescendant={found[at] ? `cvw-palette-${at}` : undefined}
          aria-label="Find a command or a label"
          placeholder="Find a command or a label"
          autocomplete="off"
          spellcheck={false}
          value={query}
          onInput={(event) => {
            setQuery(event.currentTarget.value);
            setChosen(0);
          }}
          onKeyDown={onKey}
        />
        <div ref={list} id="cvw-palette-list" class="cvw-palette-list" role="listbox" aria-label="Commands">
          {found.map(({ item, match }, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/useFocusableInteractive: the field has the focus and the keys
            <div
              key={item.id}
              id={`cvw-palette-${index}`}
              class="cvw-palette-row"
              role="option"
              aria-selected={index === at}
              aria-disabled={!item.enabled}
              onPointerMove={() => setChosen(index)}
              onClick={() => take(item)}
            >
              {item.color && <span class="cvw-swatch" style={{ background: item.color }} />}
              <span class="cvw-ellipsis">
                <Marked text={item.text} at={match.at} />
              </span>
              <span class="cvw-palette-group">{item.group}</span>
              {item.keys[0] && <kbd>{readable(item.keys[0])}</kbd>}
            </div>
          ))}
          {found.length === 0 && <p class="cvw-empty">Nothing is called that.</p>}
        </div>
      </div>
    </div>
  );
}

function Marked({ text, at }: { text: string; at: readonly number[] }) {
  const marked = new Set(at);
  if (marked.size === 0) return <>{text}</>;
  return <>{[...text].map((letter, index) => (marked.has(index) ? <b key={index}>{letter}</b> : letter))}</>;
}
