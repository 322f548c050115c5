/** Layers that Python draws: on the canvas, a switch in the corner of it, and their part of the settings. */
import { useLayoutEffect } from "preact/hooks";
import { useAnnotator } from "../panels/context";
import { ActionButton } from "../panels/IconButton";
import { Check, Slide, Switch } from "../panels/SettingControls";
import { Blend } from "./icons";
import { overlaysOf } from "./layers";

/** Has them drawn; nothing of it is an element of the page. */
export function Overlays() {
  const { editor, scene } = useAnnotator();
  useLayoutEffect(() => overlaysOf(editor).show(scene), [editor, scene]);
  return null;
}

export function OverlaySwitch() {
  const { editor } = useAnnotator();
  if (overlaysOf(editor).names.length === 0) return null;
  return <ActionButton id="overlays" icon={Blend} small pressed={editor.settings.value.showOverlays} />;
}

export function OverlaySettings() {
  const { editor } = useAnnotator();
  const layers = overlaysOf(editor);
  if (layers.names.length === 0) return null;
  return (
    <>
      <h3>Layers drawn by Python</h3>
      <Switch label="Show them" name="showOverlays" />
      <Slide label="Opacity of layers" name="overlayOpacity" min={0} max={100} step={5} unit="%" />
      <fieldset class="cvw-setting-set cvw-overlay-names" data-testid="overlays">
        <legend>Layers</legend>
        {layers.names.map((name) => {
          const failure = layers.failures.value.get(name);
          return (
            <div key={name}>
              <Check label={name} checked={!layers.hidden.value.has(name)} onChange={() => layers.toggle(name)} />
              {failure && <p class="cvw-setting-problem">{failure}</p>}
            </div>
          );
        })}
      </fieldset>
    </>
  );
}
