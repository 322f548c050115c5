/** Several objects that become one, one that becomes two, and tracks over ranges of frames. Default keys are CVAT's. */
import { groupObjects } from "../document/grouping";
import type { ToolName } from "../editor";
import { turnedRound } from "../geometry/contour";
import { carryOut } from "../tools/carry-out";
import { commitFigures } from "../tools/commit";
import { editing, selected, writable } from "./conditions";
import type { Action, Context } from "./context";

/** The first press starts the tool, the second finishes what it is for. */
function toolAction(name: ToolName): (context: Context) => void {
  return ({ editor, tools }) => {
    if (editor.tool.peek() === name) tools.complete();
    else editor.tool.value = name;
  };
}

const outlined = (context: Context) =>
  editing(context) && selected(context).every(({ type }) => type === "polygon" || type === "polyline");

export const assemblyActions: readonly Action[] = [
  {
    id: "merge",
    label: "Merge into one track: click objects, M again to finish",
    group: "Tracks",
    keys: ["m"],
    enabled: writable,
    run: toolAction("merge"),
  },
  {
    id: "split",
    label: "Split a track at this frame",
    group: "Tracks",
    keys: ["alt+m"],
    enabled: writable,
    run: toolAction("split"),
  },
  {
    id: "group",
    label: "Group: click objects, G again to finish",
    group: "Objects",
    keys: ["g"],
    enabled: writable,
    run: toolAction("group"),
  },
  {
    id: "ungroup",
    label: "Take out of the group",
    group: "Objects",
    keys: ["shift+g"],
    enabled: editing,
    run: ({ editor }) => {
      carryOut(editor, "Ungroup objects", groupObjects(editor.document, editor.selection.peek(), false));
    },
  },
  {
    id: "slice",
    label: "Slice a polygon or mask",
    group: "Objects",
    keys: ["alt+j"],
    enabled: writable,
    run: toolAction("slice"),
  },
  {
    id: "redraw",
    label: "Draw the object anew; it keeps its name and attributes",
    group: "Draw",
    keys: ["shift+n"],
    enabled: editing,
    run: ({ editor }) => {
      const [state] = editor.selected.peek();
      if (!state || state.type === "tag") return;
      if (editor.isLocked(state.id)) {
        editor.toast("info", "The object is locked. Unlock it with L.");
        return;
      }
      editor.activeLabel.value = state.label;
      editor.redrawing.value = state.id;
      editor.tool.value = state.type;
    },
  },
  {
    id: "reverse",
    label: "Reverse the orientation",
    group: "Objects",
    keys: [],
    enabled: outlined,
    run: (context) => {
      const figures = new Map(
        selected(context).flatMap(({ id }) => {
          const figure = context.scene.figureOf(id);
          return figure ? [[id, { ...figure, points: turnedRound(figure.points) }] as const] : [];
        }),
      );
      commitFigures(context.editor, "Reverse", figures);
    },
  },
  {
    id: "propagate",
    label: "Propagate to other frames",
    group: "Tracks",
    keys: ["ctrl+b"],
    enabled: editing,
    run: ({ ui }) => {
      ui.dialog.value = "propagate";
    },
  },
  {
    id: "remove-range",
    label: "Remove annotations in a range of frames",
    group: "Tracks",
    keys: [],
    enabled: writable,
    run: ({ ui }) => {
      ui.dialog.value = "remove-range";
    },
  },
];
