/** The few traits that Python and the canvas share: last write wins, in both directions, without echoes. */
import type { AnyModel } from "@anywidget/types";
import { effect, untracked } from "@preact/signals";
import type { Editor, ToolName } from "./editor";

interface Trait<T> {
  readonly name: string;
  /** The value here, read so that an effect notices changes. */
  get(): T;
  set(value: T): void;
}

export function bindTraits(model: AnyModel, editor: Editor): () => void {
  const traits: Trait<unknown>[] = [
    { name: "frame", get: () => editor.frame.value, set: (value) => editor.player.seek(value as number) },
    {
      name: "selection",
      get: () => [...editor.selection.value],
      set: (value) => {
        editor.selection.value = value as number[];
      },
    },
    {
      name: "tool",
      get: () => editor.tool.value,
      set: (value) => {
        editor.tool.value = value as ToolName;
      },
    },
    {
      name: "label",
      get: () => editor.labelOf(editor.activeLabel.value)?.name ?? "",
      set: (value) => {
        const label = editor.labels.peek().find((each) => each.name === value);
        if (label) editor.activeLabel.value = label.id;
      },
    },
  ];
  const stops = traits.map((trait) => {
    const same = (value: unknown): boolean => JSON.stringify(value) === JSON.stringify(untracked(() => trait.get()));
    const receive = (): void => {
      const value = model.get(trait.name);
      if (!same(value)) trait.set(value);
    };
    receive();
    model.on(`change:${trait.name}`, receive);
    const stop = effect(() => {
      const value = trait.get();
      if (JSON.stringify(model.get(trait.name)) === JSON.stringify(value)) return;
      model.set(trait.name, value);
      untracked(() => {
        try {
          model.save_changes();
        } catch {
          // The kernel is gone; the connection says so.
        }
      });
    });
    return () => {
      stop();
      model.off(`change:${trait.name}`, receive);
    };
  });
  return () => {
    for (const stop of stops) stop();
  };
}
