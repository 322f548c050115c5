/** Above a list: search, quick filters, filter, order. */
import { useEffect, useState } from "preact/hooks";
import { useStudio } from "./context";
import { FilterEditor } from "./FilterEditor";
import { ArrowUpDown, Funnel, Plus, Search, SortAsc, SortDesc, Trash2, X } from "./icons";
import {
  cleared,
  filterWords,
  type ListState,
  sortableFields,
  toggleQuick,
  withFilter,
  withSearch,
  withSort,
} from "./list-state";
import { Modal } from "./Modal";
import { Button, IconButton } from "./parts";
import { QUICK_FILTERS } from "./properties";

const TYPING_MS = 250;
const EXAMPLES = {
  projects: "Search: a name, or owner: ann",
  tasks: "Search: a name, or assignee: ann AND subset: train",
  jobs: "Search: a task, or assignee: ann AND state: new",
};

export function ListBar({ state }: { state: ListState }) {
  const studio = useStudio();
  const [dialog, setDialog] = useState<"filter" | "sort" | null>(null);
  const set = (next: ListState): void => studio.setList(next);
  return (
    <div class="cvs-list-bar">
      <SearchBox state={state} onSearch={(text) => set(withSearch(studio.list, text))} />
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a row of buttons everywhere */}
      <div class="cvs-quick" role="group" aria-label="Quick filters">
        {QUICK_FILTERS[state.kind].map(({ name }) => (
          <Button key={name} pressed={state.quick.includes(name)} onClick={() => set(toggleQuick(state, name))}>
            {name}
          </Button>
        ))}
      </div>
      <span class="cvw-spring" />
      <IconButton
        icon={Funnel}
        label={state.filter ? "Filter (on)" : "Filter"}
        pressed={state.filter !== null}
        testId="list-filter"
        onClick={() => setDialog("filter")}
      />
      <IconButton icon={ArrowUpDown} label="Sort" testId="list-sort" onClick={() => setDialog("sort")} />
      {state.filter && (
        <p class="cvs-filter-said">
          <span class="cvw-ellipsis">{filterWords(state.kind, state.filter)}</span>
          <IconButton icon={X} label="Clear the filter" onClick={() => set(withFilter(state, null))} />
        </p>
      )}
      {dialog === "filter" && (
        <FilterEditor
          state={state}
          onClose={() => setDialog(null)}
          onApply={(filter) => {
            setDialog(null);
            set(withFilter(state, filter));
          }}
        />
      )}
      {dialog === "sort" && (
        <SortDialog
          state={state}
          onClose={() => setDialog(null)}
          onApply={(sort) => {
            setDialog(null);
            set(withSort(state, sort));
          }}
        />
      )}
    </div>
  );
}

function SearchBox({ state, onSearch }: { state: ListState; onSearch: (text: string) => void }) {
  const [text, setText] = useState(state.search);
  useEffect(() => setText(state.search), [state.search]);
  useEffect(() => {
    if (text === state.search) return;
    const timer = setTimeout(() => onSearch(text), TYPING_MS);
    return () => clearTimeout(timer);
  });
  return (
    <label class="cvs-search">
      <Search size={15} strokeWidth={1.75} aria-hidden="true" />
      <input
        type="search"
        class="cvw-field"
        aria-label={`Search ${state.kind}`}
        placeholder={EXAMPLES[state.kind]}
        maxLength={500}
        data-testid="list-search"
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") onSearch(text);
          if (event.key === "Escape" && text) {
            event.stopPropagation();
            setText("");
          }
        }}
      />
    </label>
  );
}

function SortDialog(props: { state: ListState; onApply: (sort: ListState["sort"]) => void; onClose: () => void }) {
  const fields = sortableFields(props.state.kind);
  const [sort, setSort] = useState(props.state.sort);
  const put = (index: number, part: Partial<ListState["sort"][number]>): void =>
    setSort(sort.map((each, other) => (other === index ? { ...each, ...part } : each)));
  const free = fields.find((each) => !sort.some(({ field }) => field === each.sort));
  return (
    <Modal title={`Sort ${props.state.kind}`} name="sort" onClose={props.onClose}>
      <form
        class="cvs-sort"
        onSubmit={(event) => {
          event.preventDefault();
          props.onApply(sort);
        }}
      >
        {sort.map(({ field, down }, index) => (
          <div class="cvs-sort-key" key={index}>
            <span class="cvw-muted">{index === 0 ? "By" : "then by"}</span>
            <select
              class="cvw-select"
              aria-label={index === 0 ? "Sort by" : `Then by (${index + 1})`}
              value={field}
              onChange={({ currentTarget }) => put(index, { field: currentTarget.value })}
            >
              {fields.map((each) => (
                <option key={each.name} value={each.sort}>
                  {each.title}
                </option>
              ))}
            </select>
            <Button onClick={() => put(index, { down: !down })}>
              {down ? <SortDesc size={15} aria-hidden="true" /> : <SortAsc size={15} aria-hidden="true" />}
              {down ? "Descending" : "Ascending"}
            </Button>
            {sort.length > 1 && (
              <IconButton icon={Trash2} label="Remove" onClick={() => setSort(sort.filter((_, other) => other !== index))} />
            )}
          </div>
        ))}
        <div class="cvs-form-foot">
          {free && sort.length < 4 && (
            <Button onClick={() => setSort([...sort, { field: free.sort ?? "id", down: false }])}>
              <Plus size={15} aria-hidden="true" /> Then by…
            </Button>
          )}
          <span class="cvw-spring" />
          <Button onClick={props.onClose}>Cancel</Button>
          <Button main submit testId="sort-apply">
            Apply
          </Button>
        </div>
      </form>
    </Modal>
  );
}

/** Where there is nothing to show: why, and what to do about it. */
export function NothingFound({ state }: { state: ListState }) {
  const studio = useStudio();
  return (
    <div class="cvs-nothing" role="status">
      <p>No {state.kind} match.</p>
      <Button onClick={() => studio.setList(cleared(state))}>Clear search and filters</Button>
    </div>
  );
}
