import type { ComponentChildren } from "preact";
import type { Editor } from "../editor";
import { MOST_DETAIL } from "../geometry/simplify";
import { type Interaction, interactionOf } from "../tools/interact/interaction";
import type { Output } from "../tools/interact/suggestion";
import { figureOf } from "../tools/interact/suggestion";
import { liveWireOf } from "../tools/interact/wire";
import { useAnnotator } from "./context";
import { IconButton } from "./IconButton";
import { Check, CheckCheck, ChevronLeft, ChevronRight, CirclePause, X } from "./icons";

const SCISSORS = "scissors";
const OUTPUT_NAMES: Readonly<Record<Output, string>> = { mask: "Mask", polygon: "Polygon", rectangle: "Rectangle" };
const WORK = {
  models: "Asking for the models…",
  picture: "Getting the picture ready…",
  answer: "Working…",
} as const;

/** What the AI tools and the scissors are used with: over the canvas, while one of them is in use. */
export function InteractBar() {
  const tool = useAnnotator().editor.tool.value;
  return tool === "interact" || tool === SCISSORS ? <Bar scissors={tool === SCISSORS} /> : null;
}

function Bar({ scissors }: { scissors: boolean }) {
  const { editor, tools, scene } = useAnnotator();
  const interaction = interactionOf(editor);
  const focusCanvas = (): void => scene.host.closest<HTMLElement>(".cvw-root")?.focus({ preventScroll: true });
  const finish = (continues: boolean): void => {
    if (continues)
      tools.key({ key: "N", code: "KeyN", shiftKey: true, ctrlKey: false, metaKey: false, altKey: false, repeat: false });
    else tools.complete();
    focusCanvas();
  };
  return (
    <div
      class="cvw-mask-bar cvw-interact-bar"
      role="toolbar"
      aria-label="AI tools"
      data-testid="interact-bar"
      // A press of the mouse on a button leaves the focus, and with it the keys, where they are.
      onMouseDown={(event) => {
        if (!(event.target as Element).closest("input, select")) event.preventDefault();
      }}
    >
      <Part>
        <Models editor={editor} interaction={interaction} scissors={scissors} onChosen={focusCanvas} />
      </Part>
      <Part>
        <Outputs interaction={interaction} onChosen={focusCanvas} />
        {(scissors || interaction.output.value === "polygon") && <Detail editor={editor} onChosen={focusCanvas} />}
      </Part>
      <Part>
        <IconButton
          icon={CirclePause}
          label={scissors ? "Straight lines, as while Ctrl is held" : "Wait with the request, as while Ctrl is held"}
          action="hold-back"
          pressed={interaction.blocked.value || interaction.held.value}
          testId="interact-block"
          onClick={() => interaction.setBlocked(!interaction.blocked.peek())}
        />
      </Part>
      <Part>
        <IconButton icon={Check} label="Accept" action="draw" testId="interact-accept" onClick={() => finish(false)} />
        <IconButton
          icon={CheckCheck}
          label="Accept and draw the next (Shift+N)"
          testId="interact-continue"
          onClick={() => finish(true)}
        />
        <IconButton
          icon={X}
          label="Cancel (Esc)"
          testId="interact-cancel"
          onClick={() => {
            editor.tool.value = "select";
            focusCanvas();
          }}
        />
      </Part>
      {scissors ? <ScissorsStatus editor={editor} /> : <Status interaction={interaction} />}
    </div>
  );
}

function Part({ children }: { children: ComponentChildren }) {
  return <span class="cvw-mask-part">{children}</span>;
}

interface ModelsProps {
  readonly editor: Editor;
  readonly interaction: Interaction;
  readonly scissors: boolean;
  readonly onChosen: () => void;
}

/** The models that answer clicks, and the scissors, which are drawn with but are no model. */
function Models({ editor, interaction, scissors, onChosen }: ModelsProps) {
  const { ui } = useAnnotator();
  const models = interaction.models.value;
  const model = interaction.model.value;
  const about = scissors
    ? SCISSORS_HELP
    : [model?.help, model && `${model.framework}, ${model.device}`].filter(Boolean).join("\n");
  return (
    <select
      class="cvw-select cvw-interact-model"
      aria-label="Model"
      title={about}
      data-testid="interact-model"
      value={scissors ? SCISSORS : (model?.id ?? "")}
      onChange={(event) => {
        const { value } = event.currentTarget;
        const name = value === SCISSORS ? SCISSORS : "interact";
        if (name === "interact") interaction.choose(value);
        ui.lastTool.value = name;
        editor.tool.value = name;
        onChosen();
      }}
    >
      {models.map(({ id, name, problem }) => (
        <option key={id} value={id} disabled={problem !== null}>
          {problem === null ? name : `${name} (not available)`}
        </option>
      ))}
      <option value={SCISSORS}>Intelligent scissors</option>
    </select>
  );
}

const SCISSORS_HELP = "Click along an outline: between two clicks the line follows the edges of the picture.";

function Outputs({ interaction, onChosen }: { interaction: Interaction; onChosen: () => void }) {
  const output = interaction.output.value;
  const fixed = interaction.target.value !== null || output !== interaction.wanted.value;
  return (
    <select
      class="cvw-select"
      aria-label="Draw it as"
      title={fixed ? "The label or the object allows this type only" : "What the result becomes"}
      data-testid="interact-output"
      value={output}
      disabled={fixed}
      onChange={(event) => {
        interaction.wanted.value = event.currentTarget.value as Output;
        onChosen();
      }}
    >
      {Object.entries(OUTPUT_NAMES).map(([value, name]) => (
        <option key={value} value={value}>
          {name}
        </option>
      ))}
    </select>
  );
}

function Detail({ editor, onChosen }: { editor: Editor; onChosen: () => void }) {
  const detail = editor.settings.value.polygonDetail;
  const points = usePointCount(editor);
  return (
    <label class="cvw-mask-size" title="How closely the polygon follows the outline">
      <input
        type="range"
        min={0}
        max={MOST_DETAIL}
        value={detail}
        aria-label="Detail of the polygon"
        aria-valuetext={points === null ? String(detail) : `${points} points`}
        data-testid="interact-detail"
        onInput={(event) => editor.setSetting("polygonDetail", Number(event.currentTarget.value))}
        onPointerUp={onChosen}
      />
      <output>{points === null ? "detail" : `${points} points`}</output>
    </label>
  );
}

/** How many points the polygon at hand would have. */
function usePointCount(editor: Editor): number | null {
  const { suggestion, output } = interactionOf(editor);
  const detail = editor.settings.value.polygonDetail;
  if (editor.tool.value === SCISSORS || output.value !== "polygon" || !suggestion.value) return null;
  return figureOf(suggestion.value, "polygon", detail).points.length / 2;
}

/** Which of several suggestions is shown. */
function Suggestions({ interaction }: { interaction: Interaction }) {
  const count = interaction.suggestions.value.length;
  if (count < 2) return null;
  return (
    <span class="cvw-interact-suggestions">
      <IconButton
        icon={ChevronLeft}
        label="Previous suggestion ([)"
        small
        testId="interact-previous"
        onClick={() => interaction.step(-1)}
      />
      <output class="cvw-interact-count" data-testid="interact-count">
        {interaction.index.value + 1} of {count}
      </output>
      <IconButton
        icon={ChevronRight}
        label="Next suggestion (])"
        small
        testId="interact-next"
        onClick={() => interaction.step(1)}
      />
    </span>
  );
}

interface LineProps {
  readonly error: string | null;
  readonly text: string;
  readonly children?: ComponentChildren;
}

function Line({ error, text, children }: LineProps) {
  return (
    <div class={`cvw-interact-line${error === null ? "" : " cvw-interact-error"}`}>
      {children}
      <span role={error === null ? "status" : "alert"} data-testid="interact-status">
        {error ?? text}
      </span>
    </div>
  );
}

function Status({ interaction }: { interaction: Interaction }) {
  return (
    <Line error={interaction.error.value} text={statusOf(interaction)}>
      <Suggestions interaction={interaction} />
    </Line>
  );
}

function statusOf({ work, waiting, missing, prompt, suggestion, needs, model, target }: Interaction): string {
  if (waiting.value) return "The request waits: release Ctrl or the button to send it";
  if (work.value) return WORK[work.value];
  if (!model.value) return "There is no model that answers clicks";
  const empty = prompt.value.points.length === 0 && prompt.value.box === null;
  const boxFirst = needs.value.box === "required" && !prompt.value.box;
  const beside = needs.value.min_negative === null || boxFirst ? "" : " · right click or Alt: beside it";
  if (empty && target.value) return `Click on what is missing${beside}`;
  if (missing.value !== null) return `${missing.value}${empty ? beside : ""}`;
  if (suggestion.value) return `Score ${suggestion.value.score.toFixed(2)} · click a point to remove it · N accepts`;
  return "";
}

function ScissorsStatus({ editor }: { editor: Editor }) {
  const { error, legs } = liveWireOf(editor);
  const text =
    legs.value.length < 2
      ? "Click along the outline · Ctrl+wheel: reach of the line · Ctrl: straight"
      : "Click the first point or press N to close the outline · Backspace removes the last point";
  return <Line error={error.value} text={text} />;
}
