/** Attribute annotation: the view goes to the object that is being annotated. */
import { computed, effect, untracked } from "@preact/signals";
import type { Context } from "../actions/context";
import { figureOf } from "../shapes/figure";
import { kindOf } from "../shapes/index";
import { candidates } from "./attributes";

export function driveAttributes({ editor, scene }: Context): () => void {
  // The first object on each frame, and of those that a filter keeps.
  const stopChoosing = effect(() => {
    editor.filtering.value;
    const frame = editor.frame.value;
    untracked(() => {
      const [first] = candidates(editor, frame);
      if (editor.selected.peek().length > 0 || !first) return;
      editor.selection.value = [first.id];
      editor.workspaces.attribute.value = 0;
    });
  });
  const chosenMargin = computed(() => editor.settings.value.attributeZoomMargin);
  const stop = effect(() => {
    const [id] = editor.selection.value;
    const frame = editor.frame.value;
    const margin = chosenMargin.value;
    if (scene.shownFrame.value !== frame) return;
    untracked(() => {
      const state = id === undefined ? null : editor.document.stateOf(id, frame);
      // The scene fits a picture of another size first.
      queueMicrotask(() => {
        if (!state || state.type === "tag") scene.fit();
        else scene.zoomTo(kindOf(state.type).bounds(figureOf(state, editor.labelOf(state.label))), margin);
      });
    });
  });
  return () => {
    stopChoosing();
    stop();
    scene.fit();
  };
}
