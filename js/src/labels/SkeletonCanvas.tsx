import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { colorOf, inkOn } from "./color";
import { addJoint, type Joint, joinJoints, jointOf, moveJoint, removeEdge, removeJoint, SIDE } from "./skeleton";
import type { SkeletonHistory } from "./use-skeleton";

export type SkeletonTool = "add" | "move" | "join" | "delete";

interface CanvasProps {
  readonly history: SkeletonHistory;
  readonly tool: SkeletonTool;
  /** Joints are in objects: none can be added or deleted. */
  readonly locked: boolean;
  /** Address of a picture in the background. */
  readonly picture: string | null;
  readonly selected: number | null;
  readonly onSelect: (key: number | null) => void;
}

interface Grip {
  readonly key: number;
  readonly x: number;
  readonly y: number;
  readonly moved: boolean;
}

const RADIUS = 1.9;
const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The square on which joints are placed and joined. */
export function SkeletonCanvas({ history, tool, locked, picture, selected, onSelect }: CanvasProps) {
  const svg = useRef<SVGSVGElement>(null);
  const [grip, setGrip] = useState<Grip | null>(null);
  /** The joint an edge starts at, and where its other end is. */
  const [edge, setEdge] = useState<{ from: number; x: number; y: number; dragged: boolean } | null>(null);
  const { skeleton, show, commit } = history;

  // A new joint takes the focus, so that the arrow keys are its own, however soon they come.
  const fresh = useRef<number | null>(null);
  useLayoutEffect(() => {
    if (fresh.current !== selected) return;
    fresh.current = null;
    svg.current?.querySelector<SVGGElement>(`[data-key="${selected}"]`)?.focus({ preventScroll: true });
  }, [selected]);

  const at = (event: PointerEvent): [number, number] => {
    const box = (svg.current as SVGSVGElement).getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
  };
  const jointAt = (x: number, y: number): Joint | undefined =>
    [...skeleton.joints].reverse().find((joint) => Math.hypot(joint.x - x, joint.y - y) <= RADIUS * 1.6);

  const remove = (key: number): void => {
    if (locked) return;
    setEdge(null);
    commit(removeJoint(skeleton, key));
    if (selected === key) onSelect(null);
  };
  /** One end of an edge, then the other. */
  const join = (key: number): void => {
    const joint = jointOf(skeleton, key);
    if (!edge || !joint) {
      setEdge(joint ? { from: key, x: joint.x, y: joint.y, dragged: false } : null);
      return;
    }
    commit(joinJoints(skeleton, edge.from, key));
    setEdge(null);
  };

  const down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    event.preventDefault();
    const [x, y] = at(event);
    const joint = jointAt(x, y);
    (event.currentTarget as Element).setPointerCapture?.(event.pointerId);
    if (joint) {
      onSelect(joint.key);
      if (tool === "delete") remove(joint.key);
      else if (tool === "join") join(joint.key);
      else setGrip({ key: joint.key, x: joint.x - x, y: joint.y - y, moved: false });
    } else if (tool === "add" && !locked) {
      const made = addJoint(skeleton, x, y);
      commit(made.skeleton);
      fresh.current = made.key;
      onSelect(made.key);
    } else {
      setEdge(null);
      onSelect(null);
    }
  };
  const move = (event: PointerEvent): void => {
    const [x, y] = at(event);
    if (grip) {
      setGrip({ ...grip, moved: true });
      show(moveJoint(skeleton, grip.key, x + grip.x, y + grip.y));
    } else if (edge) setEdge({ ...edge, x, y, dragged: edge.dragged || event.buttons === 1 });
  };
  const up = (event: PointerEvent): void => {
    if (grip?.moved) commit(skeleton);
    setGrip(null);
    if (!edge?.dragged) return;
    // A drag from joint to joint joins them as two clicks do.
    const joint = jointAt(...at(event));
    if (joint && joint.key !== edge.from) join(joint.key);
    else setEdge({ ...edge, dragged: false });
  };

  const key = (event: KeyboardEvent, joint: Joint): void => {
    const arrow = ARROWS[event.key];
    if (arrow) {
      const step = event.shiftKey ? 5 : event.altKey ? 0.2 : 1;
      commit(moveJoint(skeleton, joint.key, joint.x + arrow[0] * step, joint.y + arrow[1] * step));
    } else if (event.key === "Enter" || event.key === " ") {
      if (tool === "delete") remove(joint.key);
      else if (tool === "join") join(joint.key);
      else onSelect(joint.key);
    } else if (event.key === "Delete" || event.key === "Backspace") remove(joint.key);
    else if (event.key === "Escape" && (edge || grip)) {
      setEdge(null);
      setGrip(null);
      show(skeleton);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const start = edge && jointOf(skeleton, edge.from);
  return (
    <svg
      ref={svg}
      class={`cvw-labels-canvas cvw-labels-tool-${tool}`}
      viewBox={`0 0 ${SIDE} ${SIDE}`}
      data-testid="skeleton-canvas"
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={up}
      onPointerCancel={() => {
        setGrip(null);
        show(skeleton);
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !edge) return;
        event.stopPropagation();
        setEdge(null);
      }}
    >
      <title>Joints of the skeleton</title>
      {picture && <image href={picture} width={SIDE} height={SIDE} preserveAspectRatio="xMidYMid meet" />}
      {skeleton.edges.map(([from, to]) => {
        const [a, b] = [jointOf(skeleton, from), jointOf(skeleton, to)];
        if (!a || !b) return null;
        const ends = { x1: a.x, y1: a.y, x2: b.x, y2: b.y };
        return (
          <g
            key={`${from} ${to}`}
            class="cvw-labels-edge"
            onPointerDown={(event) => {
              if (tool !== "delete" || event.button !== 0) return;
              event.stopPropagation();
              commit(removeEdge(skeleton, from, to));
            }}
          >
            <line {...ends} class="cvw-labels-halo" />
            <line {...ends} />
          </g>
        );
      })}
      {start && edge && <line class="cvw-labels-pending" x1={start.x} y1={start.y} x2={edge.x} y2={edge.y} />}
      {skeleton.joints.map((joint, index) => (
        <JointMark
          key={joint.key}
          joint={joint}
          number={index + 1}
          selected={joint.key === selected || joint.key === edge?.from}
          tool={tool}
          onFocus={() => onSelect(joint.key)}
          onKeyDown={(event) => key(event, joint)}
        />
      ))}
    </svg>
  );
}

interface MarkProps {
  readonly joint: Joint;
  readonly number: number;
  readonly selected: boolean;
  readonly tool: SkeletonTool;
  readonly onFocus: () => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

const KEYS: Readonly<Record<SkeletonTool, string>> = {
  add: "Arrow keys move it, Delete removes it.",
  move: "Arrow keys move it, Delete removes it.",
  join: "Enter joins it with the next joint chosen.",
  delete: "Enter deletes it.",
};

/** An SVG has no element for it. */
const BUTTON = { role: "button" } as const;

function JointMark({ joint, number, selected, tool, onFocus, onKeyDown }: MarkProps) {
  const color = colorOf(joint);
  const place = `${Math.round(joint.x)}, ${Math.round(joint.y)}`;
  // Names stand on the side where there is room for them.
  const left = joint.x > 80;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it has the role of a button
    <g
      class={`cvw-labels-joint${selected ? " cvw-labels-selected" : ""}`}
      {...BUTTON}
      tabIndex={0}
      aria-label={`Joint ${number}${joint.name === String(number) ? "" : `, ${joint.name}`}, at ${place}. ${KEYS[tool]}`}
      data-joint={joint.name}
      data-key={joint.key}
      onFocus={onFocus}
      onKeyDown={onKeyDown}
    >
      <circle cx={joint.x} cy={joint.y} r={RADIUS} fill={color} />
      <text x={joint.x} y={joint.y} class="cvw-labels-number" fill={inkOn(color)}>
        {number}
      </text>
      {joint.name !== String(number) && (
        <text x={joint.x + (left ? -2.8 : 2.8)} y={joint.y} text-anchor={left ? "end" : "start"} class="cvw-labels-name">
          {joint.name}
        </text>
      )}
    </g>
  );
}
