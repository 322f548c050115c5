/**
 * What is not part of the module that every widget brings along: panels and tools that come from the kernel, all at once, when the
 * first of them is wanted, or as soon as the first picture is shown and there is nothing else to do.
 */

import { shared } from "virtual:shared";
import { signal } from "@preact/signals";
import type { Editor } from "./editor";
import { messageOf } from "./words";

declare const __CVAT_WIDGETS_MODULES__: string;

export type SecondBundle = typeof import("./extra");

/** Null until it has come. */
export const secondBundle = signal<SecondBundle | null>(null);
let fetching: Promise<SecondBundle> | null = null;

async function fetchBundle({ link }: Editor): Promise<SecondBundle> {
  const { buffers } = await link.call("panels");
  const [bytes] = buffers;
  if (!bytes) throw new Error("The kernel sent no panels.");
  // It uses the very modules of this one, which is how it sees the same editor.
  (globalThis as Record<string, unknown>)[__CVAT_WIDGETS_MODULES__] = shared;
  const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: "text/javascript" }));
  try {
    const bundle = (await import(/* @vite-ignore */ url)) as SecondBundle;
    secondBundle.value = bundle;
    return bundle;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Fetch it, once for all annotators of the page; after a failure the next call tries again. */
export function fetchSecondBundle(editor: Editor): Promise<SecondBundle> {
  fetching ??= fetchBundle(editor).catch((error: unknown) => {
    fetching = null;
    throw error;
  });
  return fetching;
}

/** Say to the user that a part could not be fetched. */
export function reportMissing(editor: Editor, what: string, error: unknown): void {
  const reason = messageOf(error);
  editor.toast("error", `${what} could not be opened: ${reason}. If the package was updated, reload the page.`);
}

/** Do something that needs the second bundle: at once if it is there, else as soon as it is. */
export function withSecondBundle(editor: Editor, what: string, run: (bundle: SecondBundle) => void): void {
  const bundle = secondBundle.peek();
  if (bundle) run(bundle);
  else fetchSecondBundle(editor).then(run, (error: unknown) => reportMissing(editor, what, error));
}
