/**
 * Links to objects: the address of the notebook with the job, the frame and the object behind its #. Whoever opens it sees the
 * object alone, as soon as an annotator of that job is on the page. What such a link does is a matter of the view; and since
 * anybody can write one, it is read as three small numbers or not at all.
 */
import { batch, signal } from "@preact/signals";
import type { Editor } from "../editor";
import { keyframeFrames } from "../geometry/interpolation";
import { copyText } from "../panels/copy-text";
import type { Context } from "./context";

export interface ObjectLink {
  readonly job: number;
  readonly frame: number;
  readonly id: number;
}

const NAME = "cvat-widgets";
const FRAGMENT = new RegExp(`^#${NAME}=(\\d{1,10})/(\\d{1,10})/(\\d{1,15})$`);

/** The link in an address; null if there is none, or it is not well formed. */
export function readLink(address: string): ObjectLink | null {
  const at = address.indexOf("#");
  const found = at < 0 ? null : FRAGMENT.exec(address.slice(at));
  return found && { job: Number(found[1]), frame: Number(found[2]), id: Number(found[3]) };
}

/** The address of a page as a link to an object; without the query, which may hold the token of a server. */
export function linkTo(page: Pick<Location, "origin" | "pathname">, { job, frame, id }: ObjectLink): string {
  return `${page.origin}${page.pathname}#${NAME}=${job}/${frame}/${id}`;
}

/** A link that was opened and that no annotator has followed yet. */
export const openedLink = signal<ObjectLink | null>(null);

/** The address the page was opened with: JupyterLab takes away what is behind the # while it starts. */
function firstAddress(): string {
  return performance.getEntriesByType("navigation")[0]?.name ?? "";
}

if (typeof window !== "undefined" && typeof location !== "undefined") {
  openedLink.value = readLink(location.href) ?? readLink(firstAddress());
  window.addEventListener("hashchange", (event) => {
    openedLink.value = readLink(event.newURL) ?? openedLink.peek();
  });
}

/** The link was followed: the same address can be opened again, and a cell that runs again does not follow it once more. */
export function forgetLink(): void {
  openedLink.value = null;
  if (readLink(location.href)) history.replaceState(history.state, "", location.pathname + location.search);
}

/** A frame on which an object can be seen: the wanted one if it is there, else its own or first one; null if it is gone. */
export function frameWith(editor: Editor, id: number, wanted: number): number | null {
  const record = editor.document.get(id);
  if (!record) return null;
  const state = editor.document.stateOf(id, wanted);
  if (state && !state.outside) return wanted;
  if (record.kind !== "track") return record.frame;
  return keyframeFrames(record.keyframes).find((frame) => !record.keyframes[frame]?.outside) ?? null;
}

/** Go to an object and select it; `alone`: the filter leaves nothing but it. False if there is no such object in this job. */
export function showObject(editor: Editor, id: number, frame: number, alone = true): boolean {
  const { first, last } = editor.player;
  const at = frameWith(editor, id, frame);
  if (at === null || at < first || at > last) return false;
  editor.player.pause();
  batch(() => {
    if (alone) editor.filter.value = { and: [{ "==": [{ var: "objectID" }, id] }] };
    editor.player.seek(at);
    editor.selection.value = [id];
  });
  editor.announce(`Object ${id} on frame ${at}${alone ? ", alone: the filter leaves out the rest" : ""}`);
  return true;
}

/** The address of the one selected object; null where the page has none that others could open. */
export function linkOfSelection({ info, frame, selected }: Editor): string | null {
  const [state] = selected.value;
  if (!state || !/^https?:$/.test(location.protocol)) return null;
  return linkTo(location, { job: info.job.id, frame: frame.value, id: state.id });
}

/** Put the link to the selected object on the clipboard, or show it where the browser does not let a page do that. */
export function copyLink({ editor, scene, ui }: Context): void {
  const [state] = editor.selected.peek();
  if (!state) return;
  const link = linkOfSelection(editor);
  const root = scene.host.closest(".cvw-root");
  if (link === null || !root) {
    editor.toast("info", `This page has no address to share. From Python: annotator.show_object(${state.id}).`);
    return;
  }
  copyText(link, root).then(
    () => editor.toast("info", `The link to ${editor.nameOf(state)} is on the clipboard.`),
    () => {
      ui.dialog.value = "link";
    },
  );
}
