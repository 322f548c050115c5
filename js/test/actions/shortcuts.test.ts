/** The table of shortcuts in the documentation is that of the actions. After a change: npx vitest run js/test/actions/shortcuts.test.ts -u */
import { expect, it } from "vitest";
import { ACTIONS } from "../../src/actions/actions";
import type { Action } from "../../src/actions/context";
import { readable } from "../../src/actions/keys";

const GROUP_TEXTS: Partial<Record<Action["group"], string>> = {
  Review: "In the workspace *Review*.",
  Attributes: "In the workspace *Attributes*, before the keys of other groups.",
  Tags: "In the workspace *Tags*, before the keys of other groups.",
  "Single shape": "In the workspace *Single shape*, before the keys of other groups.",
};

const escaped = (text: string): string =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/\|/g, "&#124;");

/** "ctrl+shift+z" as `<kbd>Ctrl</kbd>+<kbd>Shift</kbd>+<kbd>Z</kbd>`, presses one after another side by side. */
function keyboard(keys: string): string {
  const presses = readable(keys).split(" ");
  return presses
    .map(
      (press) =>
        `<kbd>${press
          .split(/\+(?=.)/)
          .map(escaped)
          .join("</kbd>+<kbd>")}</kbd>`,
    )
    .join(" ");
}

function shortcutsMarkdown(actions: readonly Action[]): string {
  const found = [...new Set(actions.map((action) => action.group))];
  const groups = [...found.filter((group) => !(group in GROUP_TEXTS)), ...found.filter((group) => group in GROUP_TEXTS)];
  const parts = groups.map((group) => {
    const lines = actions
      .filter((action) => action.group === group)
      .map(({ label, keys }) => `| ${escaped(label)} | ${keys.map(keyboard).join(" or ")} |`);
    const text = GROUP_TEXTS[group];
    return [`## ${group}`, ...(text ? [text] : []), ["| action | keys |", "|---|---|", ...lines].join("\n")].join("\n\n");
  });
  return `${[
    "# Shortcuts",
    "Made from the table of actions that keys, menus and the command palette of the annotator share. Default keys are CVAT's. " +
      "<kbd>F1</kbd> shows them in the annotator, <kbd>F2</kbd> opens the settings, and *Keys* there lets you choose your own. " +
      "Two keys side by side are pressed one after the other. On a Mac, Command does what Ctrl does. " +
      "Actions without keys are in the menus and in the command palette.",
    ...parts,
  ].join("\n\n")}\n`;
}

it("docs/shortcuts.md lists the keys of every action", async () => {
  await expect(shortcutsMarkdown(ACTIONS)).toMatchFileSnapshot("../../../docs/shortcuts.md");
});

it("writes keys as people know them", () => {
  expect(keyboard("ctrl+shift+z")).toBe("<kbd>Ctrl</kbd>+<kbd>Shift</kbd>+<kbd>Z</kbd>");
  expect(keyboard("t l")).toBe("<kbd>T</kbd> <kbd>L</kbd>");
  expect(keyboard("<")).toBe("<kbd>&lt;</kbd>");
});
