import type { ComponentChildren } from "preact";
import { actionOf, run } from "../actions/actions";
import { BRUSH_SIZES, isPolygonTool, MASK_TOOLS, type MaskTool, MIN_BRUSH } from "../tools/mask/options";
import { useAnnotator } from "./context";
import { IconButton } from "./IconButton";
import {
  Brush,
  Check,
  CheckCheck,
  Circle,
  DiamondMinus,
  DiamondPlus,
  Eraser,
  EyeOff,
  Square,
  SquaresSubtract,
  X,
} from "./icons";

const ICONS = { brush: Brush, eraser: Eraser, "polygon-plus": DiamondPlus, "polygon-minus": DiamondMinus } as const;

/** What a mask is drawn with: over the canvas, while the mask tool is in use. */
export function MaskBar() {
  return useAnnotator().editor.tool.value === "mask" ? <Bar /> : null;
}

function Bar() {
  const context = useAnnotator();
  const { editor, tools } = context;
  const { masks } = editor;
  const tool = masks.tool.value;
  const brushes = !isPolygonTool(tool);
  /** After a choice the keys belong to the canvas again. */
  const back = (): void => root()?.focus({ preventScroll: true });
  const finish = (continues: boolean): void => {
    masks.continues = continues;
    tools.complete();
    back();
  };
  return (
    <div
      class="cvw-mask-bar"
      role="toolbar"
      aria-label="Mask"
      data-testid="mask-bar"
      // A press of the mouse on a button leaves the focus, and with it the keys, where they are.
      onMouseDown={(event) => {
        if (!(event.target as Element).closest("input")) event.preventDefault();
      }}
    >
      <Part>
        {MASK_TOOLS.map((each) => (
          <IconButton
            key={each}
            icon={ICONS[each]}
            label={toolLabel(each)}
            action={`mask-${each}`}
            pressed={tool === each}
            disabled={!masks.canUse(each)}
            testId={`mask-${each}`}
            onClick={() => masks.choose(each)}
          />
        ))}
      </Part>
      {/* Always there, so that no button moves away from under the pointer. */}
      <Part>
        {(["circle", "square"] as const).map((form) => (
          <IconButton
            key={form}
            icon={form === "circle" ? Circle : Square}
            label={`${form === "circle" ? "Round" : "Square"} brush`}
            action="mask-form"
            pressed={masks.form.value === form}
            disabled={!brushes}
            testId={`mask-${form}`}
            onClick={() => {
              masks.form.value = form;
            }}
          />
        ))}
        <label class="cvw-mask-size" title="Size of the brush ([ and ], or the wheel with Shift or Ctrl)">
          <input
            type="range"
            min={0}
            max={BRUSH_SIZES.length - 1}
            value={positionOf(masks.size.value)}
            disabled={!brushes}
            aria-label="Size of the brush"
            aria-valuetext={`${masks.size.value} pixels`}
            data-testid="mask-size"
            onInput={(event) => {
              masks.size.value = BRUSH_SIZES[Number(event.currentTarget.value)] ?? MIN_BRUSH;
            }}
            onPointerUp={back}
          />
          <output>{masks.size.value} px</output>
        </label>
      </Part>
      <Part>
        <IconButton
          icon={SquaresSubtract}
          label="Remove underlying pixels"
          action="remove-underlying"
          pressed={masks.removeUnderlying.value}
          testId="mask-remove-underlying"
          onClick={() => run("remove-underlying", context)}
        />
        <IconButton
          icon={EyeOff}
          label="Hide the mask while drawing"
          action="hide"
          pressed={masks.hidden.value}
          testId="mask-hide"
          onClick={() => run("hide-drawn-mask", context)}
        />
      </Part>
      <Part>
        <IconButton icon={Check} label="Save" action="draw" testId="mask-save" onClick={() => finish(false)} />
        <IconButton
          icon={CheckCheck}
          label="Save and draw the next (Shift+N)"
          testId="mask-continue"
          onClick={() => finish(true)}
        />
        <IconButton
          icon={X}
          label="Cancel (Esc)"
          testId="mask-cancel"
          onClick={() => {
            editor.tool.value = "select";
            back();
          }}
        />
      </Part>
    </div>
  );

  function root(): HTMLElement | null {
    return context.scene.host.closest<HTMLElement>(".cvw-root");
  }
}

function Part({ children }: { children: ComponentChildren }) {
  return <span class="cvw-mask-part">{children}</span>;
}

function toolLabel(tool: MaskTool): string {
  const { label } = actionOf(`mask-${tool}`);
  const name = label.replace("Mask: ", "");
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** The slider goes by steps: one pixel matters for a brush of three and not for one of three hundred. */
function positionOf(size: number): number {
  const above = BRUSH_SIZES.findIndex((each) => each > size);
  return above < 0 ? BRUSH_SIZES.length - 1 : Math.max(0, above - 1);
}
