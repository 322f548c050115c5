import { useEffect, useState } from "preact/hooks";
import { SHAPE_TYPES, type ShapeType } from "../document/records";
import { type Counts, countObjects, manualOf, NO_COUNTS, type Statistics, sumOf, totalOf } from "../document/statistics";
import type { Editor } from "../editor";
import { useAnnotator } from "./context";
import { Dialog } from "./Dialog";

/** How long counting may take before it lets the user's input through. */
const SLICE_MS = 8;
/** Counting begins anew when the annotations rest for so long after a change. */
const REST_MS = 150;

const NAMES: Readonly<Record<ShapeType, string>> = {
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

export function StatisticsDialog() {
  return (
    <Dialog name="statistics" title="Statistics" wide>
      <Content />
    </Dialog>
  );
}

/** The statistics of the job, null until they are counted; the old ones stay while new ones are being counted. */
function useStatistics(editor: Editor): Statistics | null {
  const [statistics, setStatistics] = useState<Statistics | null>(null);
  const version = editor.document.version.value;
  useEffect(() => {
    const range = { first: editor.player.first, last: editor.player.last, deleted: editor.frames.deleted };
    // A list of its own: the document may change while it is counted, and then all is counted again.
    const counting = countObjects([...editor.document.all()], range);
    const go = (): void => {
      const until = performance.now() + SLICE_MS;
      do {
        const step = counting.next();
        if (step.done) {
          setStatistics(step.value);
          return;
        }
      } while (performance.now() < until);
      timer = setTimeout(go);
    };
    let timer = setTimeout(go, statistics ? REST_MS : 0);
    return () => clearTimeout(timer);
  }, [version]);
  return statistics;
}

function Content() {
  const { editor } = useAnnotator();
  const statistics = useStatistics(editor);
  if (!statistics) return <p class="cvw-empty">Counting…</p>;
  const { byLabel } = statistics;
  const types = SHAPE_TYPES.filter((type) => [...byLabel.values()].some((each) => each.has(type)));
  const labels = [...editor.labels.value].sort((a, b) => Number(byLabel.has(b.id)) - Number(byLabel.has(a.id)));
  const of = (label: number, type: ShapeType): Counts => byLabel.get(label)?.get(type) ?? NO_COUNTS;
  const { task, job } = editor.info;
  const last = Math.min(job.stop, editor.player.last);
  return (
    <div class="cvw-statistics">
      <p class="cvw-muted">
        {task.name} · job {job.id} · frames {job.start}–{last} · {statistics.records} object
        {statistics.records === 1 ? "" : "s"}
      </p>
      <div class="cvw-statistics-scroll">
        <table>
          <thead>
            <tr>
              <th rowSpan={2} scope="col">
                Label
              </th>
              {types.map((type) => (
                <th key={type} colSpan={type === "tag" ? 1 : 3} scope="colgroup">
                  {NAMES[type]}
                </th>
              ))}
              <th colSpan={3} scope="colgroup">
                All
              </th>
            </tr>
            <tr>
              {types.map((type) => (type === "tag" ? <Head key={type} names={["tags"]} /> : <Head key={type} />))}
              <Head names={["manual", "interp.", "total"]} />
            </tr>
          </thead>
          <tbody>
            {labels.map((label) => (
              <Row
                key={label.id}
                name={label.name}
                color={label.color}
                types={types}
                counts={types.map((type) => of(label.id, type))}
              />
            ))}
          </tbody>
          <tfoot>
            <Row name="Total" types={types} counts={types.map((type) => sumOf(labels.map(({ id }) => of(id, type))))} />
          </tfoot>
        </table>
      </div>
      <p class="cvw-muted">
        Manual: shapes, tags and visible keyframes. Interpolated: frames on which tracks are visible between keyframes.
      </p>
    </div>
  );
}

function Head({ names = ["shapes", "tracks", "interp."] }: { names?: readonly string[] }) {
  return (
    <>
      {names.map((name, index) => (
        <th key={name} scope="col" class={index === 0 ? "cvw-first" : undefined}>
          {name}
        </th>
      ))}
    </>
  );
}

interface RowProps {
  readonly name: string;
  readonly color?: string;
  readonly types: readonly ShapeType[];
  readonly counts: readonly Counts[];
}

function Row({ name, color, types, counts }: RowProps) {
  const sum = sumOf(counts);
  return (
    <tr>
      <th scope="row">
        {color && <span class="cvw-swatch" style={{ background: color }} />} {name}
      </th>
      {counts.map((each, index) => {
        const numbers = types[index] === "tag" ? [each.shapes] : [each.shapes, each.tracks, each.interpolated];
        return <Numbers key={types[index]} numbers={numbers} />;
      })}
      <Numbers numbers={[manualOf(sum), sum.interpolated, totalOf(sum)]} />
    </tr>
  );
}

function Numbers({ numbers }: { numbers: readonly number[] }) {
  return (
    <>
      {numbers.map((number, index) => (
        <td key={index} class={`${index === 0 ? "cvw-first" : ""}${number === 0 ? " cvw-none" : ""}`}>
          {number === 0 ? "–" : number.toLocaleString()}
        </td>
      ))}
    </>
  );
}
