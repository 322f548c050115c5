/** Issues and conflicts over the canvas: regions, pins, outlines of the ground truth. They follow zoom, panning and turns. */
import type { Conflict, Issue } from "../../review/issues";
import { conflictPosition, conflictText } from "../../review/issues";
import { reviewOf } from "../../review/model";
import { cornersOf, type Marked, type Pin, placePins } from "../../review/places";
import type { Point } from "../../shapes/kind";
import { useAnnotator } from "../context";
import { IssueForm } from "./IssueForm";
import { CircleCheck, MessageSquare, TriangleAlert } from "./icons";
import { TruthOutline } from "./TruthOutline";

type Thing = { readonly issue: Issue } | { readonly conflict: Conflict };

const list = (corners: readonly Point[]): string => corners.map((each) => each.join(",")).join(" ");

export function ReviewLayer() {
  const { editor, scene } = useAnnotator();
  const review = reviewOf(editor);
  const frame = scene.shownFrame.value;
  const { viewport } = scene;
  const active = review.active.value;
  const issues = review.issues.value.filter((issue) => issue.frame === frame && (review.onCanvas.value || issue.id === active));
  const compared = editor.workspace.value === "review" && review.onCanvas.value;
  const conflicts = compared ? (review.conflicts.value?.conflicts ?? []).filter((each) => each.frame === frame) : [];
  const draft = review.draft.value?.frame === frame ? review.draft.value : null;
  if (issues.length === 0 && conflicts.length === 0 && !draft) return null;
  const marked: Marked<Thing>[] = [
    ...issues.map((issue) => ({ id: { issue }, position: issue.position })),
    ...conflicts.flatMap((conflict) => {
      const position = conflictPosition(conflict);
      return position ? [{ id: { conflict }, position }] : [];
    }),
  ];
  const toScreen = (x: number, y: number): Point => viewport.toScreen(x, y);
  const pins = placePins(marked, toScreen, viewport.size.value);
  return (
    <div
      class="cvw-review-layer"
      data-testid="review-layer"
      onWheel={(event) => {
        // Over a pin the wheel zooms as it does beside it.
        if ((event.target as Element).closest(".cvw-issue-form")) return;
        event.preventDefault();
        scene.host.dispatchEvent(new WheelEvent("wheel", event));
      }}
    >
      <svg class="cvw-review-marks" aria-hidden="true">
        {conflicts.map((conflict, index) => (
          <TruthOutline key={index} object={conflict.truth} toScreen={toScreen} />
        ))}
        {pins.map((pin) => "issue" in pin.id && <Region key={pin.id.issue.id} issue={pin.id.issue} corners={pin.corners} />)}
        {draft && <polygon class="cvw-issue-draft" points={list(cornersOf(draft.position).map(([x, y]) => toScreen(x, y)))} />}
      </svg>
      {pins.map((pin) =>
        "issue" in pin.id ? (
          <IssuePin key={`issue-${pin.id.issue.id}`} issue={pin.id.issue} pin={pin} />
        ) : (
          <ConflictPin key={conflicts.indexOf(pin.id.conflict)} conflict={pin.id.conflict} pin={pin} />
        ),
      )}
      {draft && <IssueForm key={draft.position.join()} draft={draft} />}
    </div>
  );
}

function Region({ issue, corners }: { readonly issue: Issue; readonly corners: readonly Point[] }) {
  const review = reviewOf(useAnnotator().editor);
  const strong = review.hovered.value === issue.id || review.active.value === issue.id;
  const names = `cvw-issue-region${issue.resolved ? " cvw-resolved" : ""}${strong ? " cvw-strong" : ""}`;
  const [first] = corners;
  if (corners.length === 1 && first) return <circle class={names} cx={first[0]} cy={first[1]} r={strong ? 7 : 5} />;
  return <polygon class={names} points={list(corners)} />;
}

function IssuePin({ issue, pin }: { readonly issue: Issue; readonly pin: Pin<Thing> }) {
  const { editor, ui, scene } = useAnnotator();
  const review = reviewOf(editor);
  const strong = review.hovered.value === issue.id || review.active.value === issue.id;
  const Icon = issue.resolved ? CircleCheck : MessageSquare;
  const [first, ...answers] = issue.comments;
  const hover = (id: number | null) => () => {
    review.hovered.value = id;
  };
  return (
    <button
      type="button"
      class={`cvw-pin${issue.resolved ? " cvw-resolved" : ""}${strong ? " cvw-strong" : ""}`}
      style={{ left: `${pin.left}px`, top: `${pin.top}px` }}
      title={`${first?.owner}: ${first?.message}`}
      aria-label={`${issue.resolved ? "Resolved issue" : "Issue"}: ${first?.message}`}
      aria-pressed={review.active.value === issue.id}
      data-testid={`pin-${issue.id}`}
      onMouseEnter={hover(issue.id)}
      onMouseLeave={hover(null)}
      onFocus={hover(issue.id)}
      onBlur={hover(null)}
      onClick={() => {
        review.active.value = issue.id;
        review.wanted.value = true;
        ui.tab.value = "issues";
        ui.sidebarOpen.value = true;
        scene.host.closest<HTMLElement>(".cvw-root")?.focus({ preventScroll: true });
      }}
    >
      <Icon size={14} aria-hidden="true" />
      <span class="cvw-ellipsis">{first?.message}</span>
      {answers.length > 0 && <span class="cvw-pin-count">{answers.length}</span>}
    </button>
  );
}

function ConflictPin({ conflict, pin }: { readonly conflict: Conflict; readonly pin: Pin<Thing> }) {
  const { editor } = useAnnotator();
  const review = reviewOf(editor);
  const text = conflictText(conflict);
  const strong = review.activeConflict.value === conflict;
  return (
    <button
      type="button"
      class={`cvw-pin cvw-${conflict.severity}${strong ? " cvw-strong" : ""}`}
      style={{ left: `${pin.left}px`, top: `${pin.top}px` }}
      title={text}
      aria-label={`${conflict.severity === "error" ? "Error" : "Warning"}: ${text}`}
      onClick={() => {
        review.activeConflict.value = conflict;
        if (conflict.object) editor.selection.value = [conflict.object.id];
      }}
    >
      <TriangleAlert size={14} aria-hidden="true" />
      <span class="cvw-ellipsis">{text}</span>
    </button>
  );
}
