/** The side panel of single shape: what is drawn on each picture, and how far the work is. */

import { run } from "../actions/actions";
import type { DrawTool } from "../editor";
import { begin, restart, shapeLabels, shapeOf } from "../workspaces/single-shape";
import { useAnnotator } from "./context";
import { KeyHints } from "./KeyHints";
import { Choice } from "./SettingControls";

const HINTS = [
  ["N", "draw, and finish drawing"],
  ["S", "skip this picture"],
  ["Esc", "stop drawing"],
  ["Del", "delete the selected object"],
] as const;

const SHAPES: Readonly<Record<Exclude<DrawTool, "skeleton">, string>> = {
  rectangle: "Rectangle",
  polygon: "Polygon",
  polyline: "Polyline",
  points: "Points",
  ellipse: "Ellipse",
  cuboid: "Cuboid",
  mask: "Mask",
};
const WITH_POINTS: ReadonlySet<DrawTool> = new Set(["polygon", "polyline", "points"]);

export function SingleShapeWorkspace() {
  const { editor } = useAnnotator();
  const { readOnly } = editor.info;
  return (
    <section class="cvw-work" aria-label="Single shape" data-testid="single-shape-workspace">
      <div class="cvw-work-body">
        {editor.workspaces.finished.value ? (
          <Finished />
        ) : readOnly ? (
          <p class="cvw-empty">This view is read-only.</p>
        ) : (
          <Work />
        )}
        <Progress />
        {!readOnly && <Options />}
      </div>
      <KeyHints hints={HINTS} />
    </section>
  );
}

function Work() {
  const context = useAnnotator();
  const { editor } = context;
  const label = editor.labelOf(editor.activeLabel.value);
  const shape = shapeOf(editor);
  const drawing = editor.workspaces.drawing.value;
  return (
    <>
      <p class="cvw-work-question" data-testid="single-shape-task">
        Draw one {shape === "points" ? "point set" : shape} of <strong>{label?.name ?? "a label"}</strong> on each picture.
      </p>
      <div class="cvw-work-row">
        <button
          type="button"
          class={`cvw-button${drawing ? "" : " cvw-primary"}`}
          onClick={() => run(drawing ? "cancel" : "single-draw", context)}
        >
          <span>{drawing ? "Stop" : "Draw"}</span>
          <kbd>{drawing ? "Esc" : "N"}</kbd>
        </button>
        <button type="button" class="cvw-button" onClick={() => run("single-skip", context)}>
          <span>Skip</span>
          <kbd>S</kbd>
        </button>
      </div>
    </>
  );
}

function Finished() {
  const { editor } = useAnnotator();
  return (
    <div class="cvw-finished" role="status" data-testid="single-shape-finished">
      <strong>Finished</strong>
      <p>That was the last picture. Everything is saved.</p>
      <button type="button" class="cvw-button" onClick={() => restart(editor)}>
        Begin again at the first picture
      </button>
    </div>
  );
}

function Progress() {
  const { editor } = useAnnotator();
  const { first, last } = editor.player;
  const { deleted } = editor.frames;
  let frames = 0;
  for (let frame = first; frame <= last; frame++) if (!deleted.has(frame)) frames++;
  const done = editor.document
    .framesWithObjects(last)
    .filter((frame) => frame >= first && frame <= last && !deleted.has(frame)).length;
  return (
    <div class="cvw-progress">
      <div class="cvw-work-row">
        <span>
          {done} of {frames} pictures have objects
        </span>
      </div>
      <progress value={done} max={frames} aria-label="Pictures with objects" />
    </div>
  );
}

function Options() {
  const { editor } = useAnnotator();
  const labels = shapeLabels(editor.labels.value);
  const label = editor.labelOf(editor.activeLabel.value);
  const settings = editor.settings.value;
  /** The tool in the hand is put away by such a change: take the new one. */
  const go = (): void => {
    const drawing = editor.workspaces.drawing.peek();
    queueMicrotask(() => drawing && begin(editor));
  };
  return (
    <>
      <h3>What to draw</h3>
      <label class="cvw-setting">
        <span>Label</span>
        <select
          class="cvw-select"
          value={editor.activeLabel.value}
          onChange={(event) => {
            go();
            editor.activeLabel.value = Number(event.currentTarget.value);
          }}
        >
          {labels.map((each) => (
            <option key={each.id} value={each.id}>
              {each.name}
            </option>
          ))}
        </select>
      </label>
      {(label?.type ?? "any") === "any" && (
        <Choice
          label="Shape"
          value={editor.workspaces.shape.value as keyof typeof SHAPES}
          choices={SHAPES}
          onChange={(shape) => {
            go();
            editor.workspaces.shape.value = shape;
          }}
        />
      )}
      {WITH_POINTS.has(shapeOf(editor)) && (
        <label class="cvw-setting">
          <span title="The shape is finished with its last point">Number of points</span>
          <input
            class="cvw-field"
            type="number"
            min={0}
            max={1000}
            placeholder="any"
            value={settings.pointCount || ""}
            onChange={(event) =>
              editor.setSetting("pointCount", Math.max(0, Math.round(event.currentTarget.valueAsNumber || 0)))
            }
          />
        </label>
      )}
      <label class="cvw-check">
        <input
          type="checkbox"
          checked={settings.onlyEmptyFrames}
          onChange={(event) => editor.setSetting("onlyEmptyFrames", event.currentTarget.checked)}
        />
        <span>Only pictures without objects</span>
      </label>
    </>
  );
}
