/** What is done with selected objects. Default keys are CVAT's. */
import { withSecondBundle } from "../second-bundle";
import { editing, hasSelection, ids, selected, writable } from "./conditions";
import type { Action } from "./context";
import { arrange, copy, paste, remove, selectNeighbour, toggleFlag, toggleIds } from "./objects";

export const objectActions: readonly Action[] = [
  {
    id: "delete",
    label: "Delete",
    group: "Objects",
    keys: ["delete"],
    enabled: editing,
    run: (c) => remove(c.editor, selected(c)),
  },
  {
    id: "delete-locked",
    label: "Delete even if locked",
    group: "Objects",
    keys: ["shift+delete"],
    enabled: editing,
    run: (c) => remove(c.editor, selected(c), true),
  },
  {
    id: "copy",
    label: "Copy",
    group: "Objects",
    keys: ["ctrl+c"],
    enabled: hasSelection,
    run: (c) => copy(c.editor, selected(c)),
  },
  {
    id: "copy-link",
    label: "Copy a link to the object",
    group: "Objects",
    keys: [],
    enabled: (c) => selected(c).length === 1,
    run: (c) => withSecondBundle(c.editor, "The link", ({ copyLink }) => copyLink(c)),
  },
  {
    id: "object-color",
    label: "Colour of the object",
    group: "Objects",
    keys: [],
    enabled: hasSelection,
    run: ({ ui }) => {
      ui.dialog.value = "color";
    },
  },
  {
    id: "paste",
    label: "Paste on this frame",
    group: "Objects",
    keys: ["ctrl+v"],
    enabled: (c) => writable(c) && c.editor.clipboard.value.length > 0,
    run: ({ editor }) => paste(editor),
  },
  {
    id: "select-all",
    label: "Select all on this frame",
    group: "Objects",
    keys: ["ctrl+a"],
    run: ({ editor }) => {
      editor.selection.value = editor.objects.peek().map((state) => state.id);
    },
  },
  { id: "next-object", label: "Next object", group: "Objects", keys: ["tab"], run: ({ editor }) => selectNeighbour(editor, 1) },
  {
    id: "previous-object",
    label: "Previous object",
    group: "Objects",
    keys: ["shift+tab"],
    run: ({ editor }) => selectNeighbour(editor, -1),
  },
  {
    id: "lock",
    label: "Lock",
    group: "Objects",
    keys: ["l"],
    enabled: hasSelection,
    run: (c) => toggleIds(c.editor, "locked", ids(c)),
  },
  {
    id: "lock-all",
    label: "Lock all on this frame",
    group: "Objects",
    keys: ["t l"],
    run: ({ editor }) =>
      toggleIds(
        editor,
        "locked",
        editor.objects.peek().map((state) => state.id),
      ),
  },
  {
    id: "hide",
    label: "Hide",
    group: "Objects",
    keys: ["h"],
    enabled: hasSelection,
    run: (c) => toggleIds(c.editor, "hidden", ids(c)),
  },
  {
    id: "hide-all",
    label: "Hide all on this frame",
    group: "Objects",
    keys: ["t h"],
    run: ({ editor }) =>
      toggleIds(
        editor,
        "hidden",
        editor.objects.peek().map((state) => state.id),
      ),
  },
  {
    id: "pin",
    label: "Pin in place",
    group: "Objects",
    keys: ["p"],
    enabled: hasSelection,
    run: (c) => toggleIds(c.editor, "pinned", ids(c)),
  },
  {
    id: "occluded",
    label: "Occluded",
    group: "Objects",
    keys: ["q", "/"],
    enabled: editing,
    run: (c) => toggleFlag(c.editor, selected(c), "occluded"),
  },
  {
    id: "to-front",
    label: "To the front",
    group: "Objects",
    keys: ["=", "+"],
    enabled: editing,
    run: (c) => arrange(c.editor, selected(c), "front"),
  },
  {
    id: "to-back",
    label: "To the back",
    group: "Objects",
    keys: ["-", "_"],
    enabled: editing,
    run: (c) => arrange(c.editor, selected(c), "back"),
  },
];
