/** The workspaces, and what each of the special ones does by keys. Default keys are CVAT's. */

import { chooseValue, stepAttribute, stepFrame, stepObject } from "../workspaces/attributes";
import { WORKSPACE_NAMES } from "../workspaces/names";
import { drawOrFinish, skipPicture } from "../workspaces/single-shape";
import { addTagOf, chosenTag, digitsOf, tagLabels } from "../workspaces/tags";
import { writable } from "./conditions";
import type { Action } from "./context";

const DIGITS = Array.from({ length: 10 }, (_, digit) => digit);
const attributes = { group: "Attributes", workspace: "attributes" } as const;
const tags = { group: "Tags", workspace: "tags", enabled: writable } as const;
const single = { group: "Single shape", workspace: "single-shape", enabled: writable } as const;

export const workspaceActions: readonly Action[] = [
  ...WORKSPACE_NAMES.map(
    ([name, label]): Action => ({
      id: `workspace-${name}`,
      label: `Workspace: ${label.toLowerCase()}`,
      group: "View",
      keys: [],
      enabled: ({ editor }) => editor.workspace.value !== name,
      run: ({ editor, ui }) => {
        editor.workspace.value = name;
        ui.sidebarOpen.value = true;
      },
    }),
  ),
  {
    ...attributes,
    id: "next-attribute",
    label: "Next attribute",
    keys: ["down"],
    run: ({ editor }) => stepAttribute(editor, 1),
  },
  {
    ...attributes,
    id: "previous-attribute",
    label: "Previous attribute",
    keys: ["up"],
    run: ({ editor }) => stepAttribute(editor, -1),
  },
  {
    ...attributes,
    id: "next-annotated-object",
    label: "Next object with attributes, on the next frame if need be",
    keys: ["tab"],
    run: ({ editor }) => stepObject(editor, 1),
  },
  {
    ...attributes,
    id: "previous-annotated-object",
    label: "Previous object with attributes",
    keys: ["shift+tab"],
    run: ({ editor }) => stepObject(editor, -1),
  },
  {
    ...attributes,
    id: "next-attribute-frame",
    label: "Next frame with attributes",
    keys: ["right"],
    run: ({ editor }) => stepFrame(editor, 1),
  },
  {
    ...attributes,
    id: "previous-attribute-frame",
    label: "Previous frame with attributes",
    keys: ["left"],
    run: ({ editor }) => stepFrame(editor, -1),
  },
  ...DIGITS.map(
    (digit): Action => ({
      ...attributes,
      id: `value-${digit}`,
      label: `Value ${digit} of the attribute`,
      keys: [String(digit)],
      enabled: writable,
      run: ({ editor }) => void chooseValue(editor, digit),
    }),
  ),
  {
    ...tags,
    id: "add-tag",
    label: "Add the chosen tag",
    keys: ["n"],
    run: ({ editor }) => addTagOf(editor, chosenTag(editor)),
  },
  ...DIGITS.map(
    (digit): Action => ({
      ...tags,
      id: `tag-${digit}`,
      label: `Add the tag of digit ${digit}`,
      keys: [String(digit)],
      run: ({ editor }) =>
        addTagOf(editor, digitsOf(tagLabels(editor.labels.peek()), editor.settings.peek().tagDigits).get(digit)),
    }),
  ),
  { ...single, id: "single-draw", label: "Draw, and finish drawing", keys: ["n"], run: drawOrFinish },
  {
    id: "open-issue",
    label: "Open an issue: click a point or drag a region",
    group: "Review",
    keys: ["n"],
    workspace: "review",
    enabled: writable,
    run: ({ editor }) => {
      editor.tool.value = "issue";
    },
  },
  { ...single, id: "single-skip", label: "Skip this picture", keys: ["s"], run: skipPicture },
];
