/** The side panel of the review: issues, conflicts with the ground truth where there is one, and the objects to look at. */
import { useEffect, useState } from "preact/hooks";
import { run } from "../../actions/actions";
import { reviewOf } from "../../review/model";
import { useAnnotator } from "../context";
import { KeyHints } from "../KeyHints";
import { ObjectsPanel } from "../ObjectsPanel";
import { ConflictsPanel } from "./ConflictsPanel";
import { IssuesPanel } from "./IssuesPanel";

type Tab = "issues" | "conflicts" | "objects";

const HINTS = [
  ["N", "open an issue (or right click an object)"],
  ["D F", "previous, next frame"],
] as const;

export function ReviewWorkspace() {
  const context = useAnnotator();
  const { editor } = context;
  const review = reviewOf(editor);
  const [tab, setTab] = useState<Tab>("issues");
  const active = review.active.value;
  useEffect(() => {
    // Whoever chooses a pin wants to read.
    if (active !== null) setTab("issues");
  }, [active]);
  const { issues, stage, state } = editor.review.value;
  const count = review.conflicts.value?.total;
  const names: readonly (readonly [Tab, string])[] = [
    ["issues", issues > 0 ? `Issues (${issues})` : "Issues"],
    ...(review.listed.value?.ground_truth ? ([["conflicts", count ? `Conflicts (${count})` : "Conflicts"]] as const) : []),
    ["objects", "Objects"],
  ];
  return (
    <section class="cvw-work" aria-label="Review" data-testid="review-workspace">
      <div class="cvw-review-job">
        <span class="cvw-ellipsis">
          Job {editor.info.job.id}: {stage}, {state}
        </span>
        <button type="button" class="cvw-button" onClick={() => run("job", context)}>
          Change…
        </button>
      </div>
      <div class="cvw-tabs" role="tablist" aria-label="Review">
        {names.map(([name, label]) => (
          <button key={name} type="button" role="tab" class="cvw-tab" aria-selected={tab === name} onClick={() => setTab(name)}>
            {label}
          </button>
        ))}
      </div>
      {tab === "issues" && <IssuesPanel />}
      {tab === "conflicts" && <ConflictsPanel />}
      {tab === "objects" && <ObjectsPanel root={`cvw-${editor.link.clientId}`} />}
      <KeyHints hints={HINTS} />
    </section>
  );
}
