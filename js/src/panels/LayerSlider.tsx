/** The layers of a frame: those above the chosen one are not drawn, and new objects come onto it. */
import { effect, useComputed } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import { OverlaySwitch } from "../overlays/Overlays";
import { useAnnotator } from "./context";
import { IconButton } from "./IconButton";
import { Layers, Plus } from "./icons";

/** With the switch for layers of Python beside it. */
export function LayerSlider() {
  return (
    <>
      <OverlaySwitch />
      <Slider />
    </>
  );
}

function Slider() {
  const { editor } = useAnnotator();
  // Every frame has layers of its own.
  useLayoutEffect(() => {
    return effect(() => {
      editor.frame.value;
      editor.layer.value = null;
    });
  }, [editor]);
  const lowest = useComputed(() => editor.objects.value.reduce((least, { z_order }) => Math.min(least, z_order), 0));
  const highest = useComputed(() => editor.objects.value.reduce((most, { z_order }) => Math.max(most, z_order), 0));
  const chosen = editor.layer.value;
  const [low, high] = [lowest.value, Math.max(highest.value, chosen ?? 0)];
  if (low === high) return null;
  const shown = chosen ?? high;
  const choose = (layer: number): void => {
    editor.layer.value = layer;
  };
  return (
    <span class="cvw-layers" data-testid="layers">
      <Layers size={14} aria-hidden="true" />
      <input
        type="range"
        min={low}
        max={high}
        step={1}
        value={shown}
        aria-label="Highest layer shown"
        title={`Layers up to ${shown} of ${high} are shown; new objects come onto it`}
        onInput={(event) => choose(event.currentTarget.valueAsNumber)}
        onDblClick={() => {
          editor.layer.value = null;
        }}
      />
      <output>{shown}</output>
      {!editor.info.readOnly && <IconButton icon={Plus} label="Add a layer on top" small onClick={() => choose(high + 1)} />}
    </span>
  );
}
