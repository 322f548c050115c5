import { relabel, remove, toggleFlag, toggleIds, toggleKeyframes } from "../actions/objects";
import type { ObjectState, ShapeType } from "../document/records";
import { firstKeyframe, lastKeyframe, nextKeyframe, previousKeyframe } from "../document/timeline";
import { Attributes } from "./Attributes";
import { useAnnotator } from "./context";
import { IconButton } from "./IconButton";
import {
  ChevronDown,
  ChevronRight,
  Diamond,
  Ellipsis,
  Eye,
  EyeOff,
  Lock,
  LockOpen,
  LogOut,
  SkipBack,
  SkipForward,
  SquareDashed,
  StepBack,
  StepForward,
  Trash2,
} from "./icons";

const TYPE_NAMES: Readonly<Record<ShapeType, string>> = {
  rectangle: "Rectangle",
  polygon: "Polygon",
  polyline: "Polyline",
  points: "Points",
  ellipse: "Ellipse",
  cuboid: "Cuboid",
  mask: "Mask",
  skeleton: "Skeleton",
  tag: "Tag",
};

export const rowId = (root: string, id: number): string => `${root}-object-${id}`;

export function ObjectRow({
  state,
  root,
  onSelect,
}: {
  state: ObjectState;
  root: string;
  onSelect: (event: MouseEvent) => void;
}) {
  const { editor, tools, ui } = useAnnotator();
  const label = editor.labelOf(state.label);
  const selected = editor.selection.value.includes(state.id);
  // What is selected alone shows everything: one click to its attributes.
  const alone = selected && editor.selection.value.length === 1;
  const expanded = alone || ui.expanded.value.has(state.id);
  const locked = editor.locked.value.has(state.id);
  const hidden = editor.hidden.value.has(state.id);
  const { readOnly } = editor.info;
  const hasMore = (label?.attributes.length ?? 0) > 0 || state.kind === "track";
  const choices = editor.labels.value.filter(
    (each) => each.type === "any" || each.type === state.type || each.id === state.label,
  );
  const openCard = (clientX: number, clientY: number): void => {
    if (state.outside) return;
    if (!selected) editor.selection.value = [state.id];
    tools.contextMenu.value = { clientX, clientY, id: state.id, vertex: null };
  };
  const expand = (): void => {
    const next = new Set(ui.expanded.peek());
    if (!next.delete(state.id)) next.add(state.id);
    ui.expanded.value = next;
  };
  return (
    <div
      id={rowId(root, state.id)}
      class={`cvw-row${selected ? " cvw-selected" : ""}${hidden ? " cvw-hidden-object" : ""}`}
      role="row"
      tabIndex={-1}
      aria-selected={selected}
      aria-label={`${editor.nameOf(state)}, ${TYPE_NAMES[state.type]} ${state.kind === "track" ? "track" : ""}${state.occluded ? ", occluded" : ""}${locked ? ", locked" : ""}`}
      style={{ "--cvw-object": editor.colorOf(state) }}
      data-object={state.id}
      onClick={onSelect}
      onKeyDown={() => undefined}
      onDblClick={expand}
      onContextMenu={(event) => {
        event.preventDefault();
        openCard(event.clientX, event.clientY);
      }}
      onPointerEnter={() => {
        editor.hovered.value = state.id;
      }}
      onPointerLeave={() => {
        editor.hovered.value = null;
      }}
    >
      {/* A row of a grid, since options of a list may hold nothing to press. */}
      <div class="cvw-row-head" role="gridcell" tabIndex={-1}>
        <IconButton
          icon={expanded ? ChevronDown : ChevronRight}
          label={expanded ? "Less" : "Attributes and keyframes"}
          disabled={!hasMore || alone}
          small
          onClick={expand}
        />
        <span class="cvw-row-id">{state.id}</span>
        <select
          class="cvw-select cvw-row-label"
          aria-label={`Label of object ${state.id}`}
          value={state.label}
          disabled={locked || readOnly}
          onClick={(event) => event.stopPropagation()}
          onChange={(event) => {
            const chosen = editor.labelOf(Number(event.currentTarget.value));
            if (chosen) relabel(editor, [state], chosen);
          }}
        >
          {choices.map((each) => (
            <option key={each.id} value={each.id}>
              {each.name}
            </option>
          ))}
        </select>
        <span class="cvw-row-type" title={`${TYPE_NAMES[state.type]}, ${state.kind}`}>
          {state.kind === "track" ? "track" : state.type}
        </span>
      </div>
      <div class="cvw-row-tools" role="gridcell" tabIndex={-1}>
        <IconButton
          icon={locked ? Lock : LockOpen}
          label={locked ? "Unlock" : "Lock"}
          action="lock"
          pressed={locked}
          small
          onClick={() => toggleIds(editor, "locked", [state.id])}
        />
        <IconButton
          icon={hidden ? EyeOff : Eye}
          label={hidden ? "Show" : "Hide"}
          action="hide"
          pressed={hidden}
          small
          onClick={() => toggleIds(editor, "hidden", [state.id])}
        />
        {state.kind !== "tag" && (
          <IconButton
            icon={SquareDashed}
            label="Occluded"
            action="occluded"
            pressed={state.occluded}
            disabled={locked || readOnly}
            small
            onClick={() => toggleFlag(editor, [state], "occluded")}
          />
        )}
        {state.kind === "track" && (
          <>
            <IconButton
              icon={LogOut}
              label="Outside: the object has left"
              action="outside"
              pressed={state.outside}
              disabled={locked || readOnly}
              small
              onClick={() => toggleFlag(editor, [state], "outside")}
            />
            <IconButton
              icon={Diamond}
              label="Keyframe"
              action="keyframe"
              pressed={state.keyframe}
              disabled={locked || readOnly}
              small
              onClick={() => toggleKeyframes(editor, [state])}
            />
          </>
        )}
        <span class="cvw-spring" />
        <IconButton
          icon={Trash2}
          label="Delete (Del)"
          disabled={locked || readOnly}
          small
          onClick={() => remove(editor, [state])}
        />
        <IconButton
          icon={Ellipsis}
          label="More actions"
          disabled={state.outside}
          small
          onClick={({ currentTarget }) => {
            const { left, bottom } = (currentTarget as Element).getBoundingClientRect();
            openCard(left, bottom);
          }}
        />
      </div>
      {expanded && (
        <div class="cvw-row-more" role="gridcell" tabIndex={-1}>
          {state.kind === "track" && <Keyframes id={state.id} />}
          <Attributes state={state} />
        </div>
      )}
    </div>
  );
}

function Keyframes({ id }: { id: number }) {
  const { editor } = useAnnotator();
  const record = editor.document.get(id);
  if (record?.kind !== "track") return null;
  const frame = editor.frame.value;
  const jump = (to: number | null) => () => {
    if (to !== null) editor.player.seek(to);
  };
  const [before, after] = [previousKeyframe(record, frame), nextKeyframe(record, frame)];
  const count = Object.keys(record.keyframes).length;
  return (
    <div class="cvw-keyframes">
      <IconButton icon={SkipBack} label="First keyframe" small onClick={jump(firstKeyframe(record))} />
      <IconButton
        icon={StepBack}
        label="Previous keyframe"
        action="previous-keyframe"
        small
        disabled={before === null}
        onClick={jump(before)}
      />
      <span class="cvw-muted">{count === 1 ? "1 keyframe" : `${count} keyframes`}</span>
      <IconButton
        icon={StepForward}
        label="Next keyframe"
        action="next-keyframe"
        small
        disabled={after === null}
        onClick={jump(after)}
      />
      <IconButton icon={SkipForward} label="Last keyframe" small onClick={jump(lastKeyframe(record))} />
    </div>
  );
}
