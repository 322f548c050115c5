/** Taking frames out of the task and back, chapters of a video, finding a frame by its name. Default keys are CVAT's. */
import type { Editor } from "../editor";
import { messageOf } from "../words";
import { writable } from "./conditions";
import type { Action } from "./context";

/** Delete the present frame, or restore it; then a deleted one is left, unless deleted frames are shown. */
export async function toggleDeleted(editor: Editor): Promise<void> {
  const frame = editor.frame.peek();
  const restore = editor.frames.deleted.has(frame);
  try {
    await editor.link.call(restore ? "frames.restore" : "frames.delete", { frame });
  } catch (error) {
    editor.toast("error", messageOf(error));
    return;
  }
  editor.announce(`Frame ${frame} is ${restore ? "restored" : "deleted"}`);
  if (restore) return;
  editor.selection.value = [];
  editor.toast("info", `Frame ${frame} is deleted. Go to it by its number to restore it.`);
  if (editor.settings.peek().showDeleted || editor.frame.peek() !== frame) return;
  editor.player.step(1);
  if (editor.frame.peek() === frame) editor.player.step(-1);
}

/** Go to the beginning of the next chapter, or of the one before. */
export function stepChapter(editor: Editor, direction: 1 | -1): void {
  const frame = editor.frame.peek();
  const starts = editor.chapters.peek().map(([start]) => start);
  const start = direction > 0 ? starts.find((each) => each > frame) : starts.filter((each) => each < frame).at(-1);
  if (start === undefined) editor.toast("info", `There is no chapter ${direction > 0 ? "after" : "before"} this frame.`);
  else {
    editor.player.pause();
    editor.player.seek(start);
  }
}

/** The nearest frame after the present one, round and round, whose name is or has a text; null if there is none. */
export function frameNamed(editor: Editor, text: string): number | null {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return null;
  const { first, last } = editor.player;
  const from = editor.frame.peek();
  let found: number | null = null;
  for (let count = 1; count <= last - first + 1; count++) {
    const frame = first + ((from - first + count) % (last - first + 1));
    const name = editor.frames.nameOf(frame).toLowerCase();
    if (name === wanted) return frame;
    if (found === null && name.includes(wanted)) found = frame;
  }
  return found;
}

/** Names of a few frames that have a text, for the field to offer. */
export function namesWith(editor: Editor, text: string, most = 8): readonly string[] {
  const wanted = text.trim().toLowerCase();
  const names: string[] = [];
  if (wanted === "" || /^\d+$/.test(wanted)) return names;
  for (let frame = editor.player.first; frame <= editor.player.last && names.length < most; frame++) {
    const name = editor.frames.nameOf(frame);
    if (name.toLowerCase().includes(wanted)) names.push(name);
  }
  return names;
}

const hasChapters = ({ editor }: { editor: Editor }): boolean => editor.chapters.value.length > 0;

export const frameActions: readonly Action[] = [
  {
    id: "delete-frame",
    label: "Delete or restore this frame",
    group: "Frames",
    keys: ["alt+delete"],
    enabled: writable,
    run: ({ editor }) => void toggleDeleted(editor),
  },
  {
    id: "show-deleted",
    label: "Step and play through deleted frames",
    group: "Frames",
    keys: [],
    run: ({ editor }) => {
      const on = !editor.settings.peek().showDeleted;
      editor.setSetting("showDeleted", on);
      editor.announce(on ? "Deleted frames are shown" : "Deleted frames are passed over");
    },
  },
  {
    id: "search-frame",
    label: "Search a frame by its file name",
    group: "Frames",
    keys: [],
    run: ({ ui }) => {
      ui.frameFieldWanted.value += 1;
    },
  },
  {
    id: "context-images",
    label: "Show or hide context images",
    group: "Frames",
    keys: [],
    run: ({ editor }) => editor.setSetting("showContext", !editor.settings.peek().showContext),
  },
  {
    id: "next-chapter",
    label: "Next chapter",
    group: "Frames",
    keys: ["x"],
    enabled: hasChapters,
    run: ({ editor }) => stepChapter(editor, 1),
  },
  {
    id: "previous-chapter",
    label: "Previous chapter",
    group: "Frames",
    keys: ["b"],
    enabled: hasChapters,
    run: ({ editor }) => stepChapter(editor, -1),
  },
];
