import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { ACTIONS, actionOf } from "../actions/actions";
import { keysOf } from "../actions/bindings";
import { readable } from "../actions/keys";
import { useAnnotator } from "./context";
import { IconButton } from "./IconButton";
import { X } from "./icons";

const GESTURES: readonly (readonly [string, string])[] = [
  ["Wheel", "Zoom at the cursor"],
  ["Drag the background", "Move the picture"],
  ["Double-click the background", "Fit the picture"],
  ["Click", "Select; again: what lies below"],
  ["Shift+click", "Add to the selection"],
  ["Shift+drag", "While drawing a polygon: points follow the cursor"],
  ["Right click", "While drawing: take back the last point. On an object: its menu"],
  ["Double-click an edge", "Insert a point"],
  ["Alt+click a point", "Delete it"],
  ["Shift while rotating", "Steps of 15°"],
  ["Arrow keys", "Move the selected objects by a pixel, with Shift by ten"],
  ["Arrow keys while drawing", "Move the crosshair by ten pixels, with Shift by fifty, with Alt by one; Space sets a point"],
];

export function HelpOverlay() {
  return useAnnotator().ui.help.value ? <Shortcuts /> : null;
}

function Shortcuts() {
  const { editor, ui } = useAnnotator();
  const chosen = editor.settings.value.keys;
  const [search, setSearch] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => field.current?.focus(), []);
  const fits = (text: string): boolean => text.toLowerCase().includes(search.trim().toLowerCase());
  const groups = [...new Set(ACTIONS.map((action) => action.group))];
  const close = (): void => {
    ui.help.value = false;
  };
  return (
    <div class="cvw-overlay" role="dialog" aria-modal="true" aria-label="Shortcuts" data-testid="help">
      <div class="cvw-dialog">
        <div class="cvw-dialog-head">
          <h2>Shortcuts</h2>
          <input
            ref={field}
            class="cvw-field"
            type="search"
            placeholder="Search"
            aria-label="Search shortcuts"
            value={search}
            onInput={(event) => setSearch(event.currentTarget.value)}
            onKeyDown={(event) => event.key === "Escape" && close()}
          />
          <IconButton icon={X} label="Close (Esc)" onClick={close} />
        </div>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must scroll by keys, too */}
        <section class="cvw-shortcuts" aria-label="Keys and gestures" tabIndex={0}>
          {groups.map((group) => {
            const rows = ACTIONS.filter(
              (action) =>
                action.group === group &&
                keysOf(action, chosen).length > 0 &&
                fits(`${action.label} ${keysOf(action, chosen).map(readable).join(" ")}`),
            );
            if (rows.length === 0) return null;
            return (
              <section key={group}>
                <h3>{group}</h3>
                {rows.map((action) => (
                  <Shortcut key={action.id} keys={keysOf(action, chosen).map(readable)} label={action.label} />
                ))}
              </section>
            );
          })}
          <section>
            <h3>Mouse</h3>
            {GESTURES.filter((gesture) => fits(gesture.join(" "))).map(([keys, label]) => (
              <Shortcut key={keys} keys={[keys]} label={label} />
            ))}
          </section>
        </section>
        <p class="cvw-help-foot">
          Other actions have no keys yet.{" "}
          <button
            type="button"
            class="cvw-link"
            onClick={() => {
              close();
              ui.dialog.value = "keys";
            }}
          >
            Change keys
          </button>{" "}
          or find any action with <kbd>{readable(keysOf(actionOf("palette"), chosen)[0] ?? "")}</kbd>.
        </p>
      </div>
    </div>
  );
}

function Shortcut({ keys, label }: { keys: readonly string[]; label: string }) {
  return (
    <div class="cvw-shortcut">
      <span>{label}</span>
      <span class="cvw-shortcut-keys">
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </span>
    </div>
  );
}
