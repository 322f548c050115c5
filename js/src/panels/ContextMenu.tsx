import { useLayoutEffect, useRef } from "preact/hooks";
import { actionOf, run } from "../actions/actions";
import { keysOf } from "../actions/bindings";
import { readable } from "../actions/keys";
import { maskItems } from "../actions/mask-actions";
import type { ObjectState, ShapeType } from "../document/records";
import { Attributes } from "./Attributes";
import { useAnnotator } from "./context";
import { fetched } from "./fetched";

const OBJECT_ITEMS = [
  "occluded",
  "lock",
  "hide",
  "pin",
  "to-front",
  "to-back",
  "copy",
  "propagate",
  "object-color",
  "copy-link",
];
const TRACK_ITEMS = ["outside", "keyframe", "split"];
/** What only shapes of one type have. */
const TYPE_ITEMS: Partial<Record<ShapeType, readonly string[]>> = {
  polygon: ["refine", "redraw", "reverse", "slice"],
  polyline: ["redraw", "reverse"],
  mask: ["refine", "redraw", "slice"],
  cuboid: ["redraw", "reset-perspective", "switch-orientation"],
};
const CANVAS_ITEMS = ["paste", "select-all", "fit"];

function itemsFor(state: ObjectState | undefined): readonly string[] {
  if (!state) return CANVAS_ITEMS;
  const own = TYPE_ITEMS[state.type] ?? ["redraw"];
  return [...maskItems(state), ...OBJECT_ITEMS, ...(state.kind === "track" ? TRACK_ITEMS : []), ...own, "delete"];
}

const ReviewMenu = fetched("ReviewMenu");
const PointMenu = fetched("PointMenu", ({ tools }) => tools.contextMenu.value?.vertex != null);

/** The card of an object, at the place of a right click. */
export function ContextMenu() {
  const context = useAnnotator();
  const { editor, tools } = context;
  const request = tools.contextMenu.value;
  const menu = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = menu.current;
    const root = element?.closest<HTMLElement>(".cvw-root");
    if (!request || !element || !root) return;
    // Within the widget, however near to its border the click was.
    const [outer, inner] = [root.getBoundingClientRect(), element.getBoundingClientRect()];
    element.style.left = `${Math.max(0, Math.min(request.clientX - outer.left, outer.width - inner.width - 4))}px`;
    element.style.top = `${Math.max(0, Math.min(request.clientY - outer.top, outer.height - inner.height - 4))}px`;
    element.querySelector<HTMLElement>("button:not(:disabled)")?.focus();
  }, [request]);
  if (!request) return null;
  const state = editor.selected.value.find((each) => each.id === request.id);
  const close = (): void => {
    tools.contextMenu.value = null;
    menu.current?.closest<HTMLElement>(".cvw-root")?.focus();
  };
  const review = editor.workspace.value === "review";
  const items = review ? [] : itemsFor(state);
  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a click anywhere else closes the menu, as Escape does */}
      <div
        class="cvw-menu-backdrop"
        role="presentation"
        onPointerDown={close}
        onContextMenu={(event) => event.preventDefault()}
      />
      <div
        ref={menu}
        class="cvw-menu"
        role="menu"
        tabIndex={-1}
        aria-label={state ? editor.nameOf(state) : "Frame"}
        data-testid="context-menu"
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          close();
        }}
      >
        {state && (
          <>
            <div class="cvw-menu-head">
              <span class="cvw-swatch" style={{ background: editor.colorOf(state) }} />
              {editor.nameOf(state)}
            </div>
            {!review && <Attributes state={state} />}
          </>
        )}
        {review ? <ReviewMenu /> : <PointMenu />}
        {items.map((id) => {
          const action = actionOf(id);
          const key = keysOf(action, editor.settings.value.keys)[0];
          return (
            <button
              key={id}
              type="button"
              role="menuitem"
              class="cvw-menu-item"
              disabled={action.enabled ? !action.enabled(context) : false}
              onClick={() => {
                run(id, context);
                close();
              }}
            >
              <span>{action.label}</span>
              {key && <kbd>{readable(key)}</kbd>}
            </button>
          );
        })}
      </div>
    </>
  );
}
