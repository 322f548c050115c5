import { actionOf, run } from "../actions/actions";
import { keysOf } from "../actions/bindings";
import { readable } from "../actions/keys";
import { maskItems } from "../actions/mask-actions";
import type { ObjectState, ShapeType } from "../document/records";
import { Attributes } from "./Attributes";
import { useAnnotator } from "./context";
import { fetched } from "./fetched";
import { PopupMenu } from "./PopupMenu";

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
  const { editor, scene, tools } = context;
  const request = tools.contextMenu.value;
  if (!request) return null;
  const state = editor.selected.value.find((each) => each.id === request.id);
  const close = (): void => {
    tools.contextMenu.value = null;
    scene.host.closest<HTMLElement>(".cvw-root")?.focus();
  };
  const review = editor.workspace.value === "review";
  const items = review ? [] : itemsFor(state);
  return (
    <PopupMenu
      name="context-menu"
      label={state ? editor.nameOf(state) : "Frame"}
      at={request}
      first="button:not(:disabled)"
      onKey={({ key }) => {
        if (key === "Escape") close();
        return key === "Escape";
      }}
      onClose={close}
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
    </PopupMenu>
  );
}
