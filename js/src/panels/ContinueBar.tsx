/** Where the user was when the job was open last: kept while one works, offered when it is opened again. */
import { effect, untracked } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { run } from "../actions/actions";
import type { Context } from "../actions/context";
import { useAnnotator } from "./context";
import { IconButton, KeyHint } from "./IconButton";
import { X } from "./icons";

/** A frame is kept once it is shown for so long: playing and leafing through write nothing. */
const SETTLED_MS = 700;
/** What is neither taken up nor put away goes by itself. */
const OFFERED_MS = 30_000;

export function ContinueBar() {
  const context = useAnnotator();
  const { editor, ui } = context;
  useEffect(() => follow(context), [context]);
  const frame = ui.place.value;
  if (frame === null) return null;
  return (
    <div class="cvw-continue" role="status" data-testid="continue">
      <span>You were at frame {frame}.</span>
      <button
        type="button"
        class="cvw-button cvw-primary"
        title={editor.frames.nameOf(frame)}
        onClick={(event) => {
          const root = event.currentTarget.closest<HTMLElement>(".cvw-root");
          run("continue", context);
          root?.focus({ preventScroll: true });
        }}
      >
        Continue there <KeyHint action="continue" />
      </button>
      <IconButton
        icon={X}
        label="Stay here"
        small
        onClick={() => {
          ui.place.value = null;
        }}
      />
    </div>
  );
}

/** Offer the place once, and keep where the user is from the first thing on that is done. Returns how to stop. */
function follow({ editor, ui }: Context): () => void {
  const { link, player } = editor;
  const opened = editor.frame.peek();
  let working = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const keep = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      // Who cannot be remembered loses nothing else by it.
      link.call("place.keep", { frame: editor.frame.peek() }).catch(() => undefined);
    }, SETTLED_MS);
  };
  const stop = effect(() => {
    const here = editor.frame.value;
    const busy =
      here !== opened ||
      editor.tool.value !== "select" ||
      editor.selection.value.length > 0 ||
      editor.document.pendingCount.value > 0;
    if (!busy && !working) return;
    untracked(() => {
      working = true;
      ui.place.value = null;
      keep();
    });
  });
  const offered = setTimeout(() => {
    ui.place.value = null;
  }, OFFERED_MS);
  // Who opened the job at a certain frame wants to be there.
  if (opened === player.first && editor.replay.peek() === null) {
    link.call<{ frame: number | null }>("place.last").then(
      ({ result: { frame } }) => {
        if (!working && frame !== null && frame !== opened) ui.place.value = frame;
      },
      () => undefined,
    );
  }
  return () => {
    stop();
    clearTimeout(timer);
    clearTimeout(offered);
  };
}
