/** What the tabs of the settings hold. */
import { run } from "../actions/actions";
import { OverlaySettings } from "../overlays/Overlays";
import { useAnnotator } from "./context";
import { Check, Choice, Color, Slide, Switch } from "./SettingControls";

export function PlayerTab() {
  const { editor } = useAnnotator();
  return (
    <>
      <Slide label="Step" name="frameStep" min={2} max={100} unit="frames" />
      <Choice
        label="Speed"
        value={String(editor.settings.value.playbackSpeed)}
        choices={{ "0.25": "¼×", "0.5": "½×", "1": "1×", "2": "2×", "4": "4×" }}
        onChange={(value) => editor.setSetting("playbackSpeed", Number(value))}
      />
      <Switch label="Fit each new frame" name="resetZoom" />
      <Switch label="Step through deleted frames" name="showDeleted" />
      <Switch label="Context images" name="showContext" />
      <Slide label="Around objects in attribute annotation" name="attributeZoomMargin" min={0} max={300} step={10} unit="px" />
      <Switch label="Turn the pictures of all frames together" name="rotateAll" />
    </>
  );
}

export function PictureTab() {
  const context = useAnnotator();
  return (
    <>
      <div class="cvw-settings-head">
        <h3>Picture</h3>
        <button type="button" class="cvw-link" onClick={() => run("reset-picture", context)}>
          Reset
        </button>
      </div>
      <Slide label="Brightness" name="brightness" min={0} max={200} unit="%" />
      <Slide label="Contrast" name="contrast" min={0} max={200} unit="%" />
      <Slide label="Saturation" name="saturation" min={0} max={200} unit="%" />
      <Slide label="Gamma" name="gamma" min={0.2} max={4} step={0.05} unit="" />
      <Switch label="Equalize the histogram" name="equalize" />
      <Switch label="Smooth when enlarged" name="smoothImage" />
      <OverlaySettings />
      <h3>Grid</h3>
      <Slide label="Opacity" name="gridOpacity" min={0} max={100} unit="%" />
      <Slide label="Size" name="gridSize" min={5} max={500} step={5} unit="px" />
      <Color label="Colour" name="gridColor" usual="#ffffff" />
      <h3>Canvas</h3>
      <Color label="Background" name="canvasColor" usual="#26282b" usualName="As usual" />
    </>
  );
}

export function ObjectsTab() {
  const { editor } = useAnnotator();
  const settings = editor.settings.value;
  return (
    <>
      <h3>Appearance</h3>
      <Choice
        label="Colour by"
        value={settings.colorBy}
        choices={{ label: "Label", instance: "Object", group: "Group" }}
        onChange={(value) => editor.setSetting("colorBy", value)}
      />
      <Slide label="Opacity" name="opacity" min={0} max={100} unit="%" />
      <Slide label="Selected opacity" name="selectedOpacity" min={0} max={100} unit="%" />
      <Switch label="Outlines" name="outlines" />
      <Color label="Outline colour" name="outlineColor" usual="#000000" usualName="Of the object" />
      <Slide label="Point size" name="controlPointSize" min={3} max={12} unit="px" />
      <Check
        label="Areas of colour without the picture"
        checked={editor.bitmap.value}
        onChange={(checked) => {
          editor.bitmap.value = checked;
        }}
      />
      <Switch label="Projections of cuboids" name="showProjections" />
      <h3>Text</h3>
      <Choice
        label="Details"
        value={settings.showText}
        choices={{ selected: "Of selected objects", always: "Always", never: "Never" }}
        onChange={(value) => editor.setSetting("showText", value)}
      />
      <Choice
        label="Place"
        value={settings.textPosition}
        choices={{ auto: "Beside the object", center: "Inside the object" }}
        onChange={(value) => editor.setSetting("textPosition", value)}
      />
      <Slide label="Size" name="textSize" min={9} max={24} unit="px" />
      <fieldset class="cvw-setting-set">
        <legend>Content</legend>
        <Switch label="Label" name="textLabel" />
        <Switch label="Id" name="textId" />
        <Switch label="Attributes" name="textAttributes" />
        <Switch label="Source" name="textSource" />
        <Switch label="Score" name="textScore" />
        <Switch label="Dimensions" name="textDimensions" />
      </fieldset>
      <h3>List and drawing</h3>
      <Switch label="List tracks that are outside here" name="showOutsideTracks" />
      <Switch label="New points snap to outlines" name="snapToContour" />
      <Switch label="New points snap to points" name="snapToPoint" />
      <Switch label="Cut polygons off at the border" name="cropPolygons" />
      <Switch label="Redrawn polygons lose the smaller part by themselves" name="intelligentCropping" />
    </>
  );
}
