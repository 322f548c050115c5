import { run } from "../actions/actions";
import { secondBundle } from "../second-bundle";
import { useAnnotator } from "./context";
import { fetched } from "./fetched";
import { ActionButton } from "./IconButton";
import { Expand, RotateCw, ZoomIn } from "./icons";

const LayerSlider = fetched("LayerSlider", () => secondBundle.value !== null);

/** How the picture lies in the view, and the ways to change that which are wanted most; in a corner of the canvas. */
export function ViewBar() {
  const context = useAnnotator();
  const { editor, scene } = context;
  const percent = Math.round(scene.viewport.scale.value * 100);
  return (
    <div class="cvw-view-bar" role="toolbar" aria-label="View">
      <button type="button" class="cvw-view-scale" title="Fit the picture" onClick={() => run("fit", context)}>
        {percent} %
      </button>
      <LayerSlider />
      <ActionButton id="zoom-region" icon={ZoomIn} small pressed={editor.tool.value === "zoom"} />
      <ActionButton id="rotate-right" icon={RotateCw} small />
      <ActionButton id="fullscreen" icon={Expand} small />
    </div>
  );
}
