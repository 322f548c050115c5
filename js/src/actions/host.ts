/** What is asked of the page around the annotator: the whole screen, and a tab of its own. */
import type { Context } from "./context";

const CREATE_VIEW = "notebook:create-output-view";
const ADVICE =
  "For a tab of its own: right-click in the margin left of this output and choose Create New View for Cell Output. " +
  "Or show the same annotator in another cell: all views share the annotations.";

interface LabApp {
  readonly commands: { execute(id: string): Promise<unknown>; hasCommand(id: string): boolean };
}

function rootOf({ scene }: Context): HTMLElement | null {
  return scene.host.closest<HTMLElement>(".cvw-root");
}

export async function toggleFullscreen(context: Context): Promise<void> {
  const root = rootOf(context);
  if (!root) return;
  const page = root.ownerDocument;
  try {
    if (page.fullscreenElement) await page.exitFullscreen();
    else await root.requestFullscreen();
    root.focus({ preventScroll: true });
  } catch {
    context.editor.toast("info", "This page does not allow the whole screen. F11 gives the browser the whole screen.");
  }
}

function send(type: string, button: number, to: Element): void {
  const { left, top } = to.getBoundingClientRect();
  const view = to.ownerDocument.defaultView;
  const options = { bubbles: true, cancelable: true, button, clientX: left + 2, clientY: top + 2, view };
  to.dispatchEvent(type.startsWith("pointer") ? new PointerEvent(type, options) : new MouseEvent(type, options));
}

/**
 * JupyterLab gives widgets no way to its commands unless it was started to; its context menu of outputs is open to everybody,
 * and so is what it offers there.
 */
export function detach(context: Context): void {
  const root = rootOf(context);
  const cell = root?.closest<HTMLElement>(".jp-CodeCell");
  const output = root?.closest<HTMLElement>(".jp-OutputArea-child");
  const page = root?.ownerDocument;
  if (!page || !cell || !output) {
    context.editor.toast("info", ADVICE);
    return;
  }
  // The command is about the active cell; pressing a mouse button on a cell makes it that.
  send("mousedown", 2, output);
  send("mouseup", 2, output);
  const app = (page.defaultView as (Window & { jupyterapp?: LabApp }) | null)?.jupyterapp;
  if (app?.commands.hasCommand(CREATE_VIEW)) {
    void app.commands.execute(CREATE_VIEW);
    return;
  }
  send("contextmenu", 2, output);
  const entry = page.querySelector<HTMLElement>(`.lm-Menu-item[data-command="${CREATE_VIEW}"]`);
  if (!entry) {
    context.editor.toast("info", ADVICE);
    return;
  }
  // Menus of older versions listen to the mouse, those of newer ones to pointers.
  for (const type of ["pointermove", "pointerup", "mousemove", "mouseup"]) send(type, 0, entry);
}
