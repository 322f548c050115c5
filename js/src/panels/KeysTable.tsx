/** Every action with its keys: add some, take some away, see what collides. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { ACTIONS, actionOf } from "../actions/actions";
import { choose, conflictsOf, keysOf, yieldTo } from "../actions/bindings";
import type { Action } from "../actions/context";
import { pressOf, readable } from "../actions/keys";
import { useAnnotator } from "./context";
import { IconButton } from "./IconButton";
import { Plus, RotateCcw, X } from "./icons";

/** A second key within this time makes a sequence. */
const SEQUENCE_MS = 900;
const MAX_KEYS = 8;

export function KeysTable() {
  const { editor } = useAnnotator();
  const [search, setSearch] = useState("");
  const [capturing, setCapturing] = useState<string | null>(null);
  const chosen = editor.settings.value.keys;
  const conflicts = conflictsOf(ACTIONS, chosen);
  const words = search.trim().toLowerCase();
  const rows = ACTIONS.filter((action) => {
    if (words === "conflicts") return conflicts.has(action.id);
    return `${action.label} ${action.group} ${keysOf(action, chosen).map(readable).join(" ")}`.toLowerCase().includes(words);
  });
  const groups = [...new Set(rows.map((action) => action.group))];
  const changed = Object.keys(chosen).length;
  return (
    <div class="cvw-keys" data-testid="keys-table">
      <div class="cvw-keys-tools">
        <input
          class="cvw-field"
          type="search"
          placeholder="Search actions or keys"
          aria-label="Search actions or keys"
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
        <button type="button" class="cvw-link" disabled={changed === 0} onClick={() => editor.setSetting("keys", {})}>
          Reset all
        </button>
      </div>
      {conflicts.size > 0 && (
        <p class="cvw-keys-warning" role="status">
          {conflicts.size} actions share keys.{" "}
          <button type="button" class="cvw-link" onClick={() => setSearch(words === "conflicts" ? "" : "conflicts")}>
            {words === "conflicts" ? "Show all" : "Show them"}
          </button>
        </p>
      )}
      {groups.map((group) => (
        <section key={group}>
          <h3>{group}</h3>
          {rows
            .filter((action) => action.group === group)
            .map((action) => (
              <Row
                key={action.id}
                action={action}
                conflicts={conflicts.get(action.id) ?? []}
                capturing={capturing === action.id}
                onCapture={(on) => setCapturing(on ? action.id : null)}
              />
            ))}
        </section>
      ))}
      {rows.length === 0 && <p class="cvw-empty">No action is called that.</p>}
    </div>
  );
}

interface RowProps {
  readonly action: Action;
  readonly conflicts: readonly string[];
  readonly capturing: boolean;
  readonly onCapture: (on: boolean) => void;
}

function Row({ action, conflicts, capturing, onCapture }: RowProps) {
  const { editor } = useAnnotator();
  const chosen = editor.settings.value.keys;
  const keys = keysOf(action, chosen);
  const set = (next: readonly string[]): void => editor.setSetting("keys", choose(editor.settings.peek().keys, action, next));
  return (
    <div class={`cvw-key-row${conflicts.length > 0 ? " cvw-key-conflict" : ""}`} data-action={action.id}>
      <span class="cvw-key-label">{action.label}</span>
      <span class="cvw-key-chips">
        {keys.map((each) => (
          <span key={each} class="cvw-key-chip">
            <kbd>{readable(each)}</kbd>
            <button
              type="button"
              aria-label={`Take ${readable(each)} away from ${action.label}`}
              title="Take away"
              onClick={() => set(keys.filter((other) => other !== each))}
            >
              <X size={11} aria-hidden="true" />
            </button>
          </span>
        ))}
        {capturing ? (
          <Capture
            onKeys={(pressed) => {
              onCapture(false);
              if (pressed && !keys.includes(pressed)) set([...keys, pressed]);
            }}
          />
        ) : (
          <IconButton
            icon={Plus}
            label={`Add keys for ${action.label}`}
            small
            disabled={keys.length >= MAX_KEYS}
            onClick={() => onCapture(true)}
          />
        )}
        {action.id in chosen && (
          <IconButton icon={RotateCcw} label={`Default keys of ${action.label}`} small onClick={() => set(action.keys)} />
        )}
      </span>
      {conflicts.length > 0 && (
        <span class="cvw-key-note" role="status">
          Also: {conflicts.map((id) => actionOf(id).label).join(", ")}.{" "}
          <button
            type="button"
            class="cvw-link"
            onClick={() => editor.setSetting("keys", yieldTo(editor.settings.peek().keys, ACTIONS, action.id))}
          >
            Keep them only here
          </button>
        </span>
      )}
    </div>
  );
}

/** Takes one press, or two that follow each other quickly. Escape and the loss of the focus give up. */
function Capture({ onKeys }: { onKeys: (keys: string | null) => void }) {
  const button = useRef<HTMLButtonElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const [first, setFirst] = useState<string | null>(null);
  const done = useRef(false);
  const finish = (keys: string | null): void => {
    // Leaving the page takes the focus away, which would finish a second time.
    if (!done.current) onKeys(keys);
    done.current = true;
  };
  useLayoutEffect(() => {
    button.current?.focus({ preventScroll: true });
    return () => clearTimeout(timer.current ?? undefined);
  }, []);
  const take = (event: KeyboardEvent): void => {
    event.preventDefault();
    event.stopPropagation();
    if (event.repeat || ["Control", "Shift", "Alt", "Meta", "AltGraph", "CapsLock"].includes(event.key)) return;
    clearTimeout(timer.current ?? undefined);
    if (event.key === "Escape") {
      finish(null);
      return;
    }
    const press = pressOf(event);
    if (first !== null) {
      finish(`${first} ${press}`);
      return;
    }
    setFirst(press);
    timer.current = setTimeout(() => finish(press), SEQUENCE_MS);
  };
  return (
    <button ref={button} type="button" class="cvw-key-capture" onKeyDown={take} onBlur={() => finish(first)} aria-live="polite">
      {first === null ? "Press keys…" : `${readable(first)} …`}
    </button>
  );
}
