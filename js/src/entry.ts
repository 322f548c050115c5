/**
 * What a notebook loads first. It shows the frame at once, and then the annotator: reading that module takes longer than all the
 * rest, so it is read once a page, and after the picture is there.
 */
import type { RenderProps } from "@anywidget/types";
import { makeCover } from "./cover";
import { SHOWN } from "./entry-events";
import { messageOf } from "./words";

declare const __CVAT_WIDGETS_MODULES__: string;

interface Annotator {
  readonly default: { render(props: RenderProps): () => void };
}

/** A cover that nobody takes away goes by itself. */
const LONGEST_MS = 8000;
/** Of one build only: two versions of the package may be open in one page. */
const KEY = `${__CVAT_WIDGETS_MODULES__}-annotator`;

async function importSource(source: string): Promise<Annotator> {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  try {
    return (await import(/* @vite-ignore */ url)) as Annotator;
  } finally {
    URL.revokeObjectURL(url);
  }
}

function annotator(source: string): Promise<Annotator> {
  const page = globalThis as unknown as Record<string, Promise<Annotator> | undefined>;
  page[KEY] ??= importSource(source).catch((error: unknown) => {
    delete page[KEY];
    throw error;
  });
  return page[KEY];
}

/** Two frames of the screen: the first begins before what was just changed is painted. */
function painted(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}

function render(props: RenderProps): () => void {
  const { model, el } = props;
  const host = document.createElement("div");
  el.classList.add("cvw-host");
  el.append(host);
  const picture = model.get("_still");
  const height = Number(model.get("height")) || 640;
  const cover =
    picture instanceof DataView && picture.byteLength > 0
      ? makeCover(picture as DataView<ArrayBuffer>, model.get("_first"), height)
      : null;
  let closed = false;
  let stop = (): void => undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const uncover = (): void => {
    clearTimeout(timer);
    cover?.element.remove();
    host.style.minHeight = "";
  };
  const show = async (): Promise<void> => {
    if (cover) {
      el.append(cover.element);
      // The notebook takes what is set on its own element away again.
      host.style.minHeight = `${height}px`;
      host.addEventListener(SHOWN, uncover, { once: true });
      await cover.shown;
      await painted();
    }
    const module = await annotator(model.get("_module"));
    if (closed) return;
    timer = setTimeout(uncover, LONGEST_MS);
    stop = module.default.render({ ...props, el: host });
  };
  show().catch((error: unknown) => {
    uncover();
    host.textContent = `The annotator could not be loaded: ${messageOf(error)}`;
  });
  return () => {
    closed = true;
    stop();
    uncover();
  };
}

export default { render };
