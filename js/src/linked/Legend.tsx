/** What the colours mean: names, each of which chooses its points, or a range of numbers. */
import { formPath } from "./draw";

export interface Legendary {
  readonly title: string;
  readonly colors: readonly string[];
  /** Names of the colours; without them, colours go from `low` to `high`. */
  readonly names?: readonly string[];
  readonly low?: number;
  readonly high?: number;
}

interface LegendProps {
  readonly legend: Legendary;
  readonly onChoose: (place: number, several: boolean) => void;
}

export function Legend({ legend, onChoose }: LegendProps) {
  const { title, colors, names } = legend;
  if (title === "") return null;
  if (names === undefined) {
    return (
      <div class="cvw-scatter-legend" role="img" aria-label={`Colour: ${title} from ${legend.low} to ${legend.high}`}>
        <strong>{title}</strong>
        <span class="cvw-scatter-range" style={{ background: `linear-gradient(to top, ${colors.join(", ")})` }} />
        <span class="cvw-scatter-ends">
          <span>{legend.high}</span>
          <span>{legend.low}</span>
        </span>
      </div>
    );
  }
  return (
    <fieldset class="cvw-scatter-legend">
      <legend>{title}</legend>
      {names.map((name, place) => (
        <button
          key={name}
          type="button"
          title={`Select all of ${name}`}
          aria-label={`Select all of ${name}`}
          onClick={(event) => onChoose(place, event.shiftKey || event.ctrlKey || event.metaKey)}
        >
          <svg width="16" height="16" aria-hidden="true">
            <path d={formPath(place)} fill={colors[place] ?? "#888"} />
          </svg>
          <span>{name}</span>
        </button>
      ))}
    </fieldset>
  );
}
