/** The widget's entry: one connection a model, one editor a view. */
import type { AnyModel, RenderProps } from "@anywidget/types";
import { effect } from "@preact/signals";
import { h, render as mount } from "preact";
import "./theme/tokens.css";
import "./theme/layout.css";
import "./theme/first.css";
import "./theme/controls.css";
import "./theme/panels.css";
import "./theme/view.css";
import "./theme/keys.css";
import "./theme/filter.css";
import "./theme/interact.css";
import "./theme/models.css";
import "./theme/masks.css";
import "./theme/actions.css";
import "./theme/workspaces.css";
import "./theme/context.css";
import "./theme/review.css";
import "./theme/guide.css";
import "./theme/timeline.css";
import "./theme/replay.css";
import "./theme/overlays.css";
import "./theme/object-card.css";
import "./theme/dataset.css";
import type { Context } from "./actions/context";
import { connectionOf } from "./connection";
import type { Editor, Settings } from "./editor";
import { SHOWN } from "./entry-events";
import { App } from "./panels/App";
import { Waiting } from "./panels/Waiting";
import { bindTraits } from "./traits";
import { messageOf } from "./words";

const SETTINGS_AFTER_MS = 800;

function render({ model, el }: RenderProps): () => void {
  const stops: (() => void)[] = [];
  let closed = false;
  const height = Number(model.get("height")) || 640;
  const show = async (): Promise<void> => {
    const connection = await connectionOf(model as unknown as AnyModel);
    if (closed) return;
    mount(h(Waiting, { link: connection.link, height }), el);
    const { status } = connection.link;
    stops.push(effect(() => void (status.value === "lost" && el.dispatchEvent(new Event(SHOWN)))));
    const { editor, welcome } = await connection.open();
    if (closed) {
      connection.release(editor);
      return;
    }
    stops.push(
      () => connection.release(editor),
      bindTraits(model as unknown as AnyModel, editor),
      keepSettings(editor),
      effect(() => {
        editor.player.speed.value = editor.settings.value.playbackSpeed;
      }),
    );
    const call = (method: "undo" | "redo"): void => {
      connection.link.call(method).catch((error: unknown) => {
        editor.toast("error", messageOf(error));
      });
    };
    mount(
      h(App, {
        editor,
        height,
        name: welcome.task.name,
        subshells: welcome.kernel.subshells,
        undo: () => call("undo"),
        redo: () => call("redo"),
        flush: () => connection.sync.flush(),
        onMount: (context, root) => {
          leaveHandle(root, context);
          stops.push(tellWhenShown(context, el));
        },
      }),
      el,
    );
    editor.player.seek(editor.frame.peek());
  };
  show().catch((error: unknown) => {
    el.dispatchEvent(new Event(SHOWN));
    el.textContent = `The annotator could not be shown: ${messageOf(error)}`;
  });
  return () => {
    closed = true;
    for (const stop of stops) stop();
    mount(null, el);
  };
}

/** Tell the page when there is a picture, with its shapes, or a reason why not. */
function tellWhenShown({ editor, scene }: Context, el: HTMLElement): () => void {
  const { image, error } = editor.player;
  let request = 0;
  const look = (): void => {
    if (error.peek() === null && !(image.peek() && scene.crisp)) request = requestAnimationFrame(look);
    else request = requestAnimationFrame(() => el.dispatchEvent(new Event(SHOWN)));
  };
  look();
  return () => cancelAnimationFrame(request);
}

/** Editor and scene, for the console and for tests. */
function leaveHandle(root: HTMLElement, { editor, scene, tools }: Context): void {
  (root as HTMLElement & { cvatWidgets?: unknown }).cvatWidgets = { editor, scene, tools };
}

/** Preferences are the user's, not this page's: they go to the store when they rest. */
function keepSettings(editor: Editor): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let saved: Settings = editor.settings.peek();
  const stop = effect(() => {
    const settings = editor.settings.value;
    clearTimeout(timer);
    if (settings === saved) return;
    timer = setTimeout(() => {
      saved = settings;
      editor.link.call("save_settings", { settings }).catch(() => undefined);
    }, SETTINGS_AFTER_MS);
  });
  return () => {
    clearTimeout(timer);
    stop();
  };
}

export default { render };
