/** Drawing what the kernel finds in the picture. */
import { secondBundle } from "../second-bundle";
import { editing, selected, writable } from "./conditions";
import type { Action, Context } from "./context";

function takeUp(name: "interact" | "scissors") {
  return ({ editor, ui }: Context): void => {
    ui.lastTool.value = name;
    editor.tool.value = name;
  };
}

export const interactActions: readonly Action[] = [
  { id: "interact", label: "AI tools: draw by clicks", group: "Draw", keys: ["w"], enabled: writable, run: takeUp("interact") },
  {
    id: "scissors",
    label: "Intelligent scissors",
    group: "Draw",
    keys: ["shift+w"],
    enabled: writable,
    run: takeUp("scissors"),
  },
  {
    id: "hold-back",
    label: "AI tools: wait with requests; scissors: straight lines",
    group: "Draw",
    keys: ["alt+w"],
    enabled: ({ editor }) => /^(interact|scissors)$/.test(editor.tool.value),
    run: ({ editor }) => {
      const interaction = secondBundle.peek()?.interactionOf(editor);
      interaction?.setBlocked(!interaction.blocked.peek());
    },
  },
  {
    id: "refine",
    label: "Refine with AI tools",
    group: "Objects",
    keys: ["t w"],
    enabled: (c) => {
      const [state, more] = selected(c);
      return editing(c) && !more && /mask|polygon/.test(state?.type ?? "") && !c.editor.isLocked(state?.id ?? 0);
    },
    run: ({ editor }) => {
      editor.redrawing.value = editor.selection.peek()[0] ?? null;
      editor.tool.value = "interact";
    },
  },
];
