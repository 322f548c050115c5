/** Annotation actions, and the operations on outlines that the kernel does. Default keys are CVAT's. */
import type { ObjectState } from "../document/records";
import { messageOf } from "../words";
import { editing, selected, writable } from "./conditions";
import type { Action, Context } from "./context";

const SIMPLIFIED_BY = 1;

/** The unlocked ones among the selected; locked ones are named to the user. */
function free(context: Context, fitting: (state: ObjectState) => boolean): number[] {
  const { editor } = context;
  const chosen = selected(context).filter(fitting);
  const unlocked = chosen.filter((state) => !editor.isLocked(state.id));
  if (unlocked.length < chosen.length) editor.toast("info", "Locked objects were left alone. Unlock them with L.");
  return unlocked.map((state) => state.id);
}

function refused({ editor }: Context): (error: unknown) => void {
  return (error) => editor.toast("warning", messageOf(error));
}

function join(context: Context): void {
  const { editor } = context;
  const ids = free(context, () => true);
  if (ids.length < 2) {
    editor.toast("info", "Join: select two or more polygons, or masks, of one label first.");
    return;
  }
  editor.link
    .call<{ ids: readonly number[] }>("operations.join", { ids })
    .then(({ result }) => {
      editor.selection.value = result.ids;
      editor.announce(`Joined ${ids.length} objects`);
    })
    .catch(refused(context));
}

function simplify(context: Context): void {
  const { editor } = context;
  const ids = free(context, outlined);
  if (ids.length === 0) return;
  editor.link
    .call<{ changed: number }>("operations.simplify", { ids, distance: SIMPLIFIED_BY })
    .then(({ result }) => {
      const none = "There is no point that could go: the outline would move by more than a pixel.";
      if (result.changed === 0) editor.toast("info", none);
      else editor.announce(`Simplified ${result.changed} objects`);
    })
    .catch(refused(context));
}

const outlined = ({ type }: ObjectState) => type === "polygon" || type === "polyline";

export const actionActions: readonly Action[] = [
  {
    id: "run-action",
    label: "Run an action on the objects of many frames",
    group: "Objects",
    keys: ["ctrl+e"],
    enabled: writable,
    run: ({ ui }) => {
      ui.dialog.value = "actions";
    },
  },
  {
    id: "join",
    label: "Join polygons or masks",
    group: "Objects",
    keys: ["j"],
    enabled: editing,
    run: join,
  },
  {
    id: "simplify",
    label: "Simplify the outline",
    group: "Objects",
    keys: [],
    enabled: (context) => editing(context) && selected(context).some(outlined),
    run: simplify,
  },
];
