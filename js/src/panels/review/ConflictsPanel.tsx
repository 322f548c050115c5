/** Where the job differs from the ground truth, by severity and frame. */
import { conflictText } from "../../review/issues";
import { reviewOf } from "../../review/model";
import { useAnnotator } from "../context";
import { TriangleAlert } from "./icons";

const MOST = 500;

const percent = (value: number | null): string => (value === null ? "–" : `${Math.round(value * 1000) / 10} %`);

export function ConflictsPanel() {
  const { editor, scene } = useAnnotator();
  const review = reviewOf(editor);
  const report = review.conflicts.value;
  const busy = review.comparing.value;
  const conflicts = report?.conflicts ?? [];
  const frame = editor.frame.value;
  return (
    <section class="cvw-issues" aria-label="Conflicts with the ground truth" data-testid="conflicts-panel">
      <div class="cvw-conflicts-head">
        <button type="button" class="cvw-button" disabled={busy} onClick={() => void review.compare()}>
          {busy ? "Comparing…" : report ? "Compare again" : "Compare with the ground truth"}
        </button>
        {report && (
          <div class="cvw-metrics">
            {(["accuracy", "precision", "recall"] as const).map((metric) => (
              <span key={metric}>
                <span class="cvw-muted">{metric}</span> <strong>{percent(report[metric])}</strong>
              </span>
            ))}
          </div>
        )}
      </div>
      <ul class="cvw-list cvw-issue-list">
        {conflicts.slice(0, MOST).map((conflict, index) => (
          <li
            key={index}
            class={`cvw-issue cvw-${conflict.severity}${review.activeConflict.value === conflict ? " cvw-selected" : ""}`}
          >
            <button type="button" class="cvw-issue-head" onClick={() => review.showConflict(conflict, scene)}>
              <TriangleAlert size={16} aria-hidden="true" />
              <span class="cvw-issue-text">
                <span class="cvw-ellipsis">{conflictText(conflict)}</span>
                <span class="cvw-issue-facts cvw-muted">
                  <span>{conflict.severity === "error" ? "Error" : "Warning"}</span>
                  <span>
                    Frame {conflict.frame}
                    {conflict.frame === frame ? " (here)" : ""}
                  </span>
                </span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      {report && conflicts.length === 0 && <p class="cvw-empty">No conflict on {report.frames.length} compared frames.</p>}
      {report && report.total > Math.min(conflicts.length, MOST) && (
        <p class="cvw-empty">{report.total - Math.min(conflicts.length, MOST)} more conflicts are not listed.</p>
      )}
    </section>
  );
}
