import { run } from "../actions/actions";
import { tagFrame } from "../actions/objects";
import type { DrawMode, DrawTool, ToolName } from "../editor";
import { AiTools } from "./AiTools";
import { useAnnotator } from "./context";
import { DrawingMethod } from "./DrawingMethod";
import { ActionButton, IconButton } from "./IconButton";
import {
  Box,
  Brush,
  Circle,
  Group,
  Hand,
  Maximize,
  Merge,
  MousePointer2,
  Pentagon,
  PersonStanding,
  Route,
  Scan,
  Slice,
  Spline,
  Split,
  Square,
  SquareDashed,
  Tag,
} from "./icons";
import { ReviewTools } from "./review/buttons";
import { offers } from "./workspaces";

const DRAWING = [
  { name: "rectangle", label: "Rectangle", icon: Square },
  { name: "polygon", label: "Polygon", icon: Pentagon },
  { name: "polyline", label: "Polyline", icon: Spline },
  { name: "points", label: "Points", icon: Scan },
  { name: "ellipse", label: "Ellipse", icon: Circle },
  { name: "cuboid", label: "Cuboid", icon: Box },
  { name: "skeleton", label: "Skeleton", icon: PersonStanding },
  { name: "mask", label: "Mask", icon: Brush },
] as const;

const ASSEMBLY = [
  { name: "merge", icon: Merge },
  { name: "split", icon: Split },
  { name: "group", icon: Group },
  { name: "slice", icon: Slice },
] as const;

export function ToolBar() {
  const context = useAnnotator();
  const { editor, ui } = context;
  const tool = editor.tool.value;
  const label = editor.labelOf(editor.activeLabel.value);
  const choose = (name: "select" | DrawTool): void => {
    if (name !== "select") ui.lastTool.value = name;
    editor.tool.value = name;
  };
  return (
    <div class="cvw-toolbar" role="toolbar" aria-label="Tools" aria-orientation="vertical">
      <IconButton icon={MousePointer2} label="Select (Esc)" pressed={tool === "select"} onClick={() => choose("select")} />
      <ActionButton id="pan" icon={Hand} pressed={tool === "pan"} />
      {!editor.info.readOnly && (
        <>
          <span class="cvw-rule" />
          {DRAWING.filter(({ name }) => offers(editor, name)).map(({ name, label: text, icon }) => (
            <IconButton
              key={name}
              icon={icon}
              label={text}
              action={ui.lastTool.value === name ? "draw" : undefined}
              pressed={tool === name}
              testId={`tool-${name}`}
              disabled={label !== undefined && label.type !== "any" && label.type !== name}
              onClick={() => choose(name)}
            />
          ))}
        </>
      )}
      {!editor.info.readOnly && editor.workspace.value === "standard" && (
        <>
          <IconButton
            icon={Tag}
            label={`Tag the frame as ${label?.name ?? "…"}`}
            disabled={!label}
            onClick={() => label && tagFrame(editor, label)}
          />
          <AiTools />
          <span class="cvw-rule" />
          <ModeButton mode="shape" />
          <ModeButton mode="track" />
          <span class="cvw-rule" />
          {ASSEMBLY.map(({ name, icon }) => (
            <ActionButton key={name} id={name} icon={icon} pressed={tool === name} />
          ))}
        </>
      )}
      {editor.workspace.value === "review" && <ReviewTools />}
      <span class="cvw-spring" />
      <ActionButton id="fit" icon={Maximize} />
    </div>
  );
  function ModeButton({ mode }: { mode: DrawMode }) {
    return (
      <IconButton
        icon={mode === "shape" ? SquareDashed : Route}
        label={mode === "shape" ? "Draw shapes: on this frame only" : "Draw tracks: followed over frames"}
        pressed={editor.drawMode.value === mode}
        testId={`draw-mode-${mode}`}
        onClick={() => {
          editor.drawMode.value = mode;
          editor.announce(mode === "shape" ? "Drawing shapes" : "Drawing tracks");
        }}
      />
    );
  }
}

/** What to do with tools that do not draw. */
const PICKING: Partial<Record<ToolName, string>> = {
  pan: "Drag to move the picture",
  merge: "Click the objects that are one, M to finish",
  group: "Click the objects of a group, G to finish",
  split: "Click the track that ends here",
  slice: "Click points of a line across the object, Enter to cut",
};

/** Which label the next object gets, and what is being drawn: over the canvas, where the eyes are. */
export function DrawingHint() {
  const context = useAnnotator();
  const { editor } = context;
  const tool = editor.tool.value;
  if (editor.info.readOnly || editor.workspace.value !== "standard") return null;
  const drawing = tool !== "select";
  return (
    <div class="cvw-hint">
      <label class="cvw-hint-label">
        <span class="cvw-swatch" style={{ background: editor.labelOf(editor.activeLabel.value)?.color }} />
        <select
          class="cvw-select"
          aria-label="Label of the next object"
          data-testid="active-label"
          value={editor.activeLabel.value}
          onChange={(event) => {
            editor.activeLabel.value = Number(event.currentTarget.value);
            event.currentTarget.closest<HTMLElement>(".cvw-root")?.focus();
          }}
        >
          {editor.labels.value.map((label) => (
            <option key={label.id} value={label.id}>
              {label.name}
            </option>
          ))}
        </select>
      </label>
      {drawing && (
        <span class="cvw-hint-text">
          <DrawingMethod /> {PICKING[tool] ?? `· ${editor.drawMode.value}`} ·{" "}
          {/^po.*drawing$/.test(context.tools.current.value) && (
            <button
              type="button"
              class="cvw-link"
              onClick={(event) => {
                // The button goes away with what it was for; the keys must not.
                event.currentTarget.closest<HTMLElement>(".cvw-root")?.focus();
                context.tools.complete();
              }}
            >
              Done
            </button>
          )}{" "}
          <button type="button" class="cvw-link" onClick={() => run("cancel", context)}>
            Esc to stop
          </button>
        </span>
      )}
    </div>
  );
}
