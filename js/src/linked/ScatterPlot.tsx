/** A scatter plot of which points are chosen: by a click, by dragging a box, by the legend, by keys. */
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { AREA, Axes } from "./Axes";
import { draw, radiusOf } from "./draw";
import { Legend, type Legendary } from "./Legend";
import { chosenAfter, type Traits } from "./model";
import {
  type Box,
  inside,
  nearest,
  nextTowards,
  type Place,
  placeAt,
  placesOf,
  pointsOf,
  type Scales,
  scalesOf,
} from "./points";
import { useTheme } from "./use-theme";

interface Axis {
  readonly title: string;
  readonly logarithmic: boolean;
}

const ARROWS: Readonly<Record<string, Place>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};
/** So far a pointer may go in a click. */
const CLICK = 4;
const REACH = 9;

const boxOf = (a: Place, b: Place): Box => ({
  left: Math.min(a.x, b.x),
  top: Math.min(a.y, b.y),
  right: Math.max(a.x, b.x),
  bottom: Math.max(a.y, b.y),
});
const several = (event: MouseEvent | KeyboardEvent): boolean => event.shiftKey || event.ctrlKey || event.metaKey;
const short = (value: number): string => value.toLocaleString("en", { maximumSignificantDigits: 5 });

export function ScatterPlot({ traits }: { traits: Traits }) {
  const given = useMemo(
    () => ({
      columns: traits.read<Record<string, DataView>>("_columns"),
      labels: traits.read<string[]>("_labels"),
      axes: traits.read<{ x: Axis; y: Axis }>("_axes"),
      color: traits.read<Legendary>("_color"),
      chosen: traits.read<number[]>("chosen"),
      width: traits.read<number>("width"),
      height: traits.read<number>("height"),
    }),
    [traits],
  );
  const points = useMemo(() => pointsOf(given.columns.value), [given.columns.value]);
  const axes = given.axes.value;
  const logarithmic = { x: axes.x.logarithmic, y: axes.y.logarithmic };
  const whole = useMemo(() => scalesOf(points, logarithmic), [points]);
  const [zoomed, setZoomed] = useState<Scales | null>(null);
  const scales = zoomed ?? whole;
  const color = given.color.value;
  const chosen = given.chosen.value;
  const picked = useMemo(() => new Set(chosen), [chosen]);

  const root = useRef<HTMLElement>(null);
  const [room, setRoom] = useState(given.width.value);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => entry && setRoom(entry.contentRect.width));
    if (root.current) observer.observe(root.current);
    return () => observer.disconnect();
  }, []);
  const width = Math.max(Math.min(given.width.value, room - AREA.left - AREA.right - 2), 120);
  const height = given.height.value;
  const places = useMemo(() => placesOf(points, scales, width, height), [points, scales, width, height]);

  const canvas = useRef<HTMLCanvasElement>(null);
  const outline = useTheme(root, "--cvw-text");
  useLayoutEffect(() => {
    const forms = color.names !== undefined;
    if (canvas.current)
      draw(canvas.current, { points, places, colors: color.colors, forms, chosen: picked, width, height, outline });
  }, [points, places, color, picked, width, height, outline]);

  const [brush, setBrush] = useState<Box | null>(null);
  const [hovered, setHovered] = useState<number | null>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const start = useRef<Place | null>(null);

  const choose = (indices: readonly number[], more: boolean): void => {
    const ids = indices.map((i) => points.id[i] as number);
    traits.write({ chosen: more && ids.length === 0 ? chosen : chosenAfter(chosen, ids, more) });
  };
  const at = (event: PointerEvent): Place => {
    const box = (canvas.current as HTMLCanvasElement).getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const told = (index: number): string => {
    const label = given.labels.value[points.label[index] as number];
    const frame = points.frame[index] as number;
    const where = [label, `id ${points.id[index]}`, frame >= 0 ? `frame ${frame}` : ""].filter(Boolean).join(", ");
    return `${where}: ${short(points.x[index] as number)}, ${short(points.y[index] as number)}`;
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    const towards = ARROWS[event.key];
    if (towards && points.count > 0) {
      const first = points.id.indexOf(chosen[0] ?? Number.NaN);
      const next = cursor === null ? Math.max(first, 0) : nextTowards(places, cursor, towards);
      setCursor(next);
    } else if ((event.key === " " || event.key === "Enter") && cursor !== null) choose([cursor], several(event));
    else if (event.key === "Escape") choose([], false);
    else if (event.key === "a" && (event.ctrlKey || event.metaKey)) choose([...points.id.keys()], false);
    else return;
    event.preventDefault();
  };
  const shown = hovered ?? cursor;
  const count = useMemo(() => points.id.reduce((sum, id) => sum + Number(picked.has(id)), 0), [points, picked]);

  return (
    <section
      ref={root}
      class="cvw-root cvw-linked"
      aria-label={`${axes.y.title} against ${axes.x.title}`}
      tabIndex={-1}
      data-lm-suppress-shortcuts="true"
      onKeyDown={(event) => event.stopPropagation()}
    >
      <div class="cvw-scatter-row">
        <div
          class="cvw-scatter"
          style={{ width: `${width + AREA.left + AREA.right}px`, height: `${height + AREA.top + AREA.bottom}px` }}
          role="application"
          aria-roledescription="scatter plot"
          aria-label={`${points.count} points. Arrow keys go from point to point, Space chooses, with Shift several, Escape none.`}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a plot that is operated by arrow keys is an application
          tabIndex={0}
          data-testid="scatter"
          onKeyDown={onKeyDown}
          onBlur={() => setCursor(null)}
          onPointerDown={(event) => {
            if (event.button !== 0) return;
            event.currentTarget.setPointerCapture(event.pointerId);
            start.current = at(event);
          }}
          onPointerMove={(event) => {
            const here = at(event);
            const from = start.current;
            setHovered(from ? null : nearest(places, here, REACH));
            if (from && Math.hypot(here.x - from.x, here.y - from.y) > CLICK) setBrush(boxOf(from, here));
          }}
          onPointerLeave={() => setHovered(null)}
          onPointerUp={(event) => {
            const from = start.current;
            if (!from) return;
            start.current = null;
            const hit = nearest(places, from, REACH);
            choose(brush ? inside(places, brush) : hit === null ? [] : [hit], several(event));
            setBrush(null);
          }}
          onPointerCancel={() => {
            start.current = null;
            setBrush(null);
          }}
        >
          <canvas
            ref={canvas}
            class="cvw-scatter-points"
            style={{ left: `${AREA.left}px`, top: `${AREA.top}px`, width: `${width}px`, height: `${height}px` }}
          />
          <Axes scales={scales} x={axes.x.title} y={axes.y.title} width={width} height={height}>
            {brush && (
              <rect
                class="cvw-scatter-brush"
                x={brush.left}
                y={brush.top}
                width={brush.right - brush.left}
                height={brush.bottom - brush.top}
              />
            )}
            {shown !== null && shown < points.count && <Ring at={placeAt(places, shown)} radius={radiusOf(points.count) + 4} />}
          </Axes>
          {points.count === 0 && <p class="cvw-scatter-none">No points</p>}
        </div>
        <Legend
          legend={color}
          onChoose={(place, more) =>
            choose(
              [...points.color.keys()].filter((i) => points.color[i] === place),
              more,
            )
          }
        />
      </div>
      <div class="cvw-linked-bar">
        <button
          type="button"
          class="cvw-linked-button"
          disabled={count === 0}
          onClick={() => setZoomed(scalesOf(points, logarithmic, picked))}
        >
          Zoom to selected
        </button>
        <button type="button" class="cvw-linked-button" disabled={zoomed === null} onClick={() => setZoomed(null)}>
          Show all
        </button>
        <button type="button" class="cvw-linked-button" disabled={chosen.length === 0} onClick={() => choose([], false)}>
          Clear
        </button>
        <p class="cvw-linked-point" role="status" data-testid="scatter-point">
          {shown !== null && shown < points.count ? told(shown) : ""}
        </p>
        <p class="cvw-linked-status" role="status" data-testid="scatter-status">
          {`${count.toLocaleString("en")} of ${points.count.toLocaleString("en")} selected`}
        </p>
      </div>
    </section>
  );
}

function Ring({ at, radius }: { at: Place; radius: number }) {
  return <circle class="cvw-scatter-ring" cx={at.x} cy={at.y} r={radius} />;
}
