/** How the shape at hand is drawn, with what can be chosen about it. */
import type { Settings, ToolName } from "../editor";
import { restartTool } from "../tools/registry";
import { useAnnotator } from "./context";

type MethodSetting = "rectangleMethod" | "ellipseMethod" | "cuboidMethod";

const METHODS: Partial<Record<ToolName, { setting: MethodSetting; choices: Readonly<Record<string, string>> }>> = {
  rectangle: {
    setting: "rectangleMethod",
    choices: {
      corners: "Click two corners",
      extreme: "Click the 4 outermost points",
      turned: "Click one side, then the width",
    },
  },
  ellipse: { setting: "ellipseMethod", choices: { corners: "Click two corners", turned: "Click one axis, then the other" } },
  cuboid: {
    setting: "cuboidMethod",
    choices: { rectangle: "Click the front's corners", points: "Click 3 points, then the depth" },
  },
};

export function DrawingMethod() {
  const { editor } = useAnnotator();
  const tool = editor.tool.value;
  const method = METHODS[tool];
  if (method) {
    return (
      <select
        class="cvw-select"
        aria-label="Drawing method"
        data-testid="draw-method"
        value={editor.settings.value[method.setting]}
        onChange={(event) => {
          editor.setSetting(method.setting, event.currentTarget.value as Settings[MethodSetting]);
          restartTool(editor);
          event.currentTarget.closest<HTMLElement>(".cvw-root")?.focus();
        }}
      >
        {Object.entries(method.choices).map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
    );
  }
  if (tool === "skeleton") return <>Click two corners of its box</>;
  if (tool === "mask") return <>Paint, N to save</>;
  if (tool !== "polygon" && tool !== "polyline" && tool !== "points") return null;
  return (
    <>
      Click points, N to finish
      <label class="cvw-hint-count">
        {" "}
        at{" "}
        <input
          class="cvw-field cvw-field-number"
          type="number"
          min={0}
          max={500}
          placeholder="any"
          aria-label="Number of points, empty for any"
          data-testid="point-count"
          value={editor.settings.value.pointCount || ""}
          onChange={(event) => editor.setSetting("pointCount", Math.max(0, Math.round(Number(event.currentTarget.value) || 0)))}
        />{" "}
        points
      </label>
    </>
  );
}
