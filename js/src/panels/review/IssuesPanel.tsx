/** The issues of the job: a list, the conversation about one of them, and the way from one to the next. */
import { useEffect, useRef } from "preact/hooks";
import type { Issue, IssueFilter } from "../../review/issues";
import { reviewOf } from "../../review/model";
import { useAnnotator } from "../context";
import { IconButton } from "../IconButton";
import { ChevronLeft, ChevronRight, Eye, EyeOff } from "../icons";
import { IssueThread, Moment } from "./IssueThread";
import { CircleCheck, MessageSquare, MessageSquarePlus } from "./icons";

const FILTERS: readonly (readonly [IssueFilter, string])[] = [
  ["open", "Open"],
  ["resolved", "Resolved"],
  ["all", "All"],
];

export function IssuesPanel() {
  const { editor, scene } = useAnnotator();
  const review = reviewOf(editor);
  useEffect(() => {
    review.wanted.value = true;
  }, [review]);
  const issues = review.issues.value;
  const listed = review.listed.value;
  const shown = review.onCanvas.value;
  return (
    <section class="cvw-issues" aria-label="Issues" data-testid="issues-panel">
      <div class="cvw-panel-tools">
        <IconButton icon={ChevronLeft} label="Previous issue" small onClick={() => review.step(-1, scene)} />
        <IconButton icon={ChevronRight} label="Next issue" small onClick={() => review.step(1, scene)} />
        <select
          class="cvw-select"
          aria-label="Which issues"
          value={review.filter.value}
          onChange={(event) => {
            review.filter.value = event.currentTarget.value as IssueFilter;
            review.active.value = null;
          }}
        >
          {FILTERS.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
        <span class="cvw-spring" />
        <IconButton
          icon={shown ? Eye : EyeOff}
          label={shown ? "Hide issues on the canvas" : "Show issues on the canvas"}
          small
          pressed={!shown}
          onClick={() => {
            review.onCanvas.value = !shown;
          }}
        />
        {!editor.info.readOnly && (
          <IconButton
            icon={MessageSquarePlus}
            label="Open an issue: click a point or drag a region"
            small
            pressed={editor.tool.value === "issue"}
            testId="new-issue"
            onClick={() => {
              editor.tool.value = editor.tool.peek() === "issue" ? "select" : "issue";
            }}
          />
        )}
      </div>
      <ul class="cvw-list cvw-issue-list">
        {issues.map((issue) => (
          <Row key={issue.id} issue={issue} />
        ))}
      </ul>
      {listed !== null && issues.length === 0 && <p class="cvw-empty">{emptyText(review.filter.value)}</p>}
      {listed !== null && listed.left_out > 0 && <p class="cvw-empty">{listed.left_out} older issues are not listed.</p>}
    </section>
  );
}

function emptyText(filter: IssueFilter): string {
  if (filter === "open") return "No issue is open. Mark a point or a region of the picture to open one.";
  return filter === "resolved" ? "No issue is resolved." : "There are no issues.";
}

function Row({ issue }: { readonly issue: Issue }) {
  const { editor, scene } = useAnnotator();
  const review = reviewOf(editor);
  const row = useRef<HTMLLIElement>(null);
  const active = review.active.value === issue.id;
  useEffect(() => {
    if (active) row.current?.scrollIntoView({ block: "nearest" });
  }, [active]);
  const state = issue.object === null ? null : editor.document.stateOf(issue.object, issue.frame);
  const answers = issue.comments.length - 1;
  const Icon = issue.resolved ? CircleCheck : MessageSquare;
  return (
    <li
      ref={row}
      class={`cvw-issue${active ? " cvw-selected" : ""}${issue.resolved ? " cvw-resolved" : ""}`}
      data-testid={`issue-${issue.id}`}
      onMouseEnter={() => {
        review.hovered.value = issue.id;
      }}
      onMouseLeave={() => {
        review.hovered.value = null;
      }}
    >
      <button
        type="button"
        class="cvw-issue-head"
        aria-expanded={active}
        onClick={() => {
          if (active) review.active.value = null;
          else review.show(issue, scene);
        }}
      >
        <Icon size={16} aria-hidden="true" />
        <span class="cvw-issue-text">
          <span class="cvw-ellipsis">{issue.comments[0]?.message}</span>
          <span class="cvw-issue-facts cvw-muted">
            <span>
              Frame {issue.frame}
              {state ? `, ${editor.nameOf(state)}` : ""}
            </span>
            <span class="cvw-ellipsis">{issue.owner}</span>
            <Moment at={issue.created} />
            {answers > 0 && <span>{answers === 1 ? "1 answer" : `${answers} answers`}</span>}
            {issue.resolved && <span>Resolved</span>}
          </span>
        </span>
      </button>
      {active && <IssueThread issue={issue} />}
    </li>
  );
}
