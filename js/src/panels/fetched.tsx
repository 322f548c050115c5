/**
 * Panels that are not part of the module every widget brings along: they are fetched from the kernel, all at once, when the first
 * of them is opened.
 */

import { shared } from "virtual:shared";
import { signal } from "@preact/signals";
import type { FunctionComponent } from "preact";
import type { Context } from "../actions/context";
import { useAnnotator } from "./context";

declare const __CVAT_WIDGETS_MODULES__: string;

type Panels = Readonly<Record<PanelName, FunctionComponent>>;
export type PanelName = keyof typeof import("../extra");

const panels = signal<Panels | null>(null);
let fetching = false;

async function fetchPanels({ editor }: Context): Promise<void> {
  const { buffers } = await editor.link.call("panels");
  const [bytes] = buffers;
  if (!bytes) throw new Error("The kernel sent no panels.");
  // They use the very modules of this one, which is how they see the same editor.
  (globalThis as Record<string, unknown>)[__CVAT_WIDGETS_MODULES__] = shared;
  const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: "text/javascript" }));
  try {
    panels.value = (await import(/* @vite-ignore */ url)) as Panels;
  } finally {
    URL.revokeObjectURL(url);
  }
}

function start(context: Context): void {
  if (fetching) return;
  fetching = true;
  fetchPanels(context).catch((error: unknown) => {
    fetching = false;
    context.ui.closeOverlay();
    const reason = error instanceof Error ? error.message : String(error);
    context.editor.toast("error", `This panel could not be opened: ${reason}. If the package was updated, reload the page.`);
  });
}

/** A panel by name; nothing is fetched before `wanted`. `room` keeps its place until it is there. */
export function fetched(
  name: PanelName,
  wanted: (context: Context) => boolean = () => true,
  room?: FunctionComponent,
): FunctionComponent {
  function Fetched() {
    const context = useAnnotator();
    if (!wanted(context)) return null;
    const Panel = panels.value?.[name];
    if (Panel) return <Panel />;
    start(context);
    const Room = room;
    return Room ? (
      <Room />
    ) : (
      <div class="cvw-visually-hidden" role="status">
        Opening…
      </div>
    );
  }
  Fetched.displayName = name;
  return Fetched;
}
