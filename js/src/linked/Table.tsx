/** Rows of a DataFrame, a page at a time; the rows of chosen objects are chosen. */
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { ArrowDown, ArrowUp, Check, ChevronLeft, ChevronRight, ChevronsLeft, ChevronsRight } from "./icons";
import { chosenAfter, type Traits } from "./model";

interface Column {
  readonly name: string;
  readonly numeric: boolean;
}

interface Row {
  /** What the row is about; `null` for a row about a whole frame. */
  readonly id: number | null;
  readonly cells: readonly string[];
}

interface Page {
  readonly rows: readonly Row[];
  readonly page: number;
  readonly pages: number;
  /** Place of the first row, and how many there are. */
  readonly first: number;
  readonly total: number;
}

const number = (value: number): string => value.toLocaleString("en");

export function Table({ traits }: { traits: Traits }) {
  const given = useMemo(
    () => ({
      columns: traits.read<Column[]>("_columns"),
      shown: traits.read<Page>("_shown"),
      sort: traits.read<string>("sort"),
      chosen: traits.read<number[]>("chosen"),
      onlyChosen: traits.read<boolean>("only_chosen"),
      title: traits.read<string>("title"),
    }),
    [traits],
  );
  const { rows, page, pages, first, total } = given.shown.value;
  const chosen = given.chosen.value;
  const picked = useMemo(() => new Set(chosen), [chosen]);
  const [active, setActive] = useState(0);
  const [anchor, setAnchor] = useState(0);
  const opened = useRef(0);
  const wanted = useRef(false);
  const body = useRef<HTMLTableSectionElement>(null);
  const place = Math.min(active, Math.max(rows.length - 1, 0));

  useLayoutEffect(() => {
    if (!wanted.current) return;
    wanted.current = false;
    (body.current?.rows[place] as HTMLElement | undefined)?.focus();
  });

  const idsOf = (some: readonly Row[]): number[] => some.map((row) => row.id).filter((id): id is number => id !== null);
  const choose = (at: number, event: MouseEvent | KeyboardEvent): void => {
    const row = rows[at];
    if (!row) return;
    setActive(at);
    if (event.shiftKey) {
      traits.write({ chosen: [...new Set(idsOf(rows.slice(Math.min(anchor, at), Math.max(anchor, at) + 1)))] });
      return;
    }
    setAnchor(at);
    const more = event.ctrlKey || event.metaKey;
    opened.current += 1;
    // The number makes the same row, chosen again, a change.
    traits.write({
      chosen: chosenAfter(chosen, idsOf([row]), more),
      ...(more ? {} : { _opened: [first + at, opened.current] }),
    });
  };
  const turn = (to: number): void => traits.write({ page: Math.min(Math.max(to, 0), pages - 1) });
  const sortBy = (name: string): void => {
    const now = given.sort.value;
    traits.write({ sort: now === name ? `-${name}` : now === `-${name}` ? "" : name });
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    const steps: Readonly<Record<string, number>> = {
      ArrowUp: place - 1,
      ArrowDown: place + 1,
      Home: 0,
      End: rows.length - 1,
    };
    const to = steps[event.key];
    if (to !== undefined) {
      const next = Math.min(Math.max(to, 0), rows.length - 1);
      wanted.current = true;
      if (event.shiftKey) choose(next, event);
      else setActive(next);
    } else if (event.key === "PageDown" || event.key === "PageUp") {
      wanted.current = true;
      turn(page + (event.key === "PageDown" ? 1 : -1));
    } else if (event.key === "Enter" || event.key === " ") choose(place, event);
    else if (event.key === "a" && (event.ctrlKey || event.metaKey)) traits.write({ chosen: [...new Set(idsOf(rows))] });
    else if (event.key === "Escape") traits.write({ chosen: [] });
    else return;
    event.preventDefault();
  };

  return (
    <section
      class="cvw-root cvw-linked"
      aria-label={given.title.value}
      tabIndex={-1}
      data-lm-suppress-shortcuts="true"
      onKeyDown={(event) => event.stopPropagation()}
    >
      <div class="cvw-rows-scroll">
        <table
          class="cvw-rows"
          // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: its rows are chosen, which those of a plain table are not
          role="grid"
          aria-multiselectable="true"
          aria-rowcount={total + 1}
          aria-label={given.title.value}
        >
          <thead>
            <tr>
              <th class="cvw-rows-check">
                <span class="cvw-hidden">Selected</span>
              </th>
              {given.columns.value.map(({ name, numeric }) => {
                const sorted =
                  given.sort.value === name ? "ascending" : given.sort.value === `-${name}` ? "descending" : "none";
                const Arrow = sorted === "descending" ? ArrowDown : ArrowUp;
                return (
                  <th key={name} scope="col" aria-sort={sorted} class={numeric ? "cvw-rows-number" : undefined}>
                    <button type="button" title={`Sort by ${name}`} onClick={() => sortBy(name)}>
                      {name}
                      <Arrow size={12} aria-hidden="true" class={sorted === "none" ? "cvw-rows-unsorted" : undefined} />
                    </button>
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody ref={body} onKeyDown={onKeyDown}>
            {rows.map((row, at) => {
              const isChosen = row.id !== null && picked.has(row.id);
              return (
                <tr
                  key={first + at}
                  tabIndex={at === place ? 0 : -1}
                  aria-selected={isChosen}
                  aria-rowindex={first + at + 2}
                  data-id={row.id}
                  onMouseDown={(event) => event.shiftKey && event.preventDefault()}
                  onClick={(event) => choose(at, event)}
                >
                  <td class="cvw-rows-check">{isChosen && <Check size={14} aria-hidden="true" />}</td>
                  {row.cells.map((cell, i) => (
                    // Columns stay where they are.
                    <td
                      key={i}
                      title={cell.length > 24 ? cell : undefined}
                      class={given.columns.value[i]?.numeric ? "cvw-rows-number" : undefined}
                    >
                      {cell}
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
        {rows.length === 0 && <p class="cvw-rows-none">No rows</p>}
      </div>
      <div class="cvw-linked-bar">
        <Turn label="First page" icon={ChevronsLeft} disabled={page === 0} onClick={() => turn(0)} />
        <Turn label="Page before" icon={ChevronLeft} disabled={page === 0} onClick={() => turn(page - 1)} />
        <span class="cvw-linked-page" data-testid="table-page">
          {total === 0 ? "0 rows" : `${number(first + 1)}–${number(first + rows.length)} of ${number(total)}`}
        </span>
        <Turn label="Next page" icon={ChevronRight} disabled={page >= pages - 1} onClick={() => turn(page + 1)} />
        <Turn label="Last page" icon={ChevronsRight} disabled={page >= pages - 1} onClick={() => turn(pages - 1)} />
        <button
          type="button"
          class="cvw-linked-button"
          aria-pressed={given.onlyChosen.value}
          disabled={chosen.length === 0 && !given.onlyChosen.value}
          onClick={() => traits.write({ only_chosen: !given.onlyChosen.value })}
        >
          Only selected
        </button>
        <button
          type="button"
          class="cvw-linked-button"
          disabled={chosen.length === 0}
          onClick={() => traits.write({ chosen: [] })}
        >
          Clear
        </button>
        <p class="cvw-linked-status" role="status" data-testid="table-status">
          {number(chosen.length)} selected
        </p>
      </div>
    </section>
  );
}

interface TurnProps {
  readonly label: string;
  readonly icon: typeof ChevronLeft;
  readonly disabled: boolean;
  readonly onClick: () => void;
}

function Turn({ label, icon: Icon, disabled, onClick }: TurnProps) {
  return (
    <button
      type="button"
      class="cvw-linked-button cvw-linked-turn"
      title={label}
      aria-label={label}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon size={16} aria-hidden="true" />
    </button>
  );
}
