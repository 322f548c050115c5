/** Stage, state and people of the job; finishing it, and how good it is then. */
import { useEffect, useState } from "preact/hooks";
import { percent } from "../../review/finish";
import type { Verdict } from "../../review/issues";
import { reviewOf } from "../../review/model";
import { useAnnotator } from "../context";
import { Dialog } from "../Dialog";
import { KeptField } from "../KeptField";

export function JobDialog() {
  const { editor } = useAnnotator();
  return (
    <Dialog name="job" title={`Job ${editor.info.job.id}`}>
      <Form />
    </Dialog>
  );
}

const TRUST =
  "Names in a file store are a matter of trust: whoever can open the file can act under any name and change everything in it.";
const ENFORCED = "The database knows who you are, and refuses what your role may not do.";

function Form() {
  const { editor } = useAnnotator();
  const review = reviewOf(editor);
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const [finished, setFinished] = useState(false);
  useEffect(() => {
    review.wanted.value = true;
  }, [review]);
  const listed = review.listed.value;
  if (!listed) return <p class="cvw-muted">Asking the kernel…</p>;
  const { job, stages, states, people, security } = listed;
  const { readOnly } = editor.info;
  const list = `cvw-people-${editor.link.clientId}`;
  const finish = (): void => {
    review.finish().then(
      (given) => {
        setVerdict(given);
        setFinished(true);
      },
      () => undefined,
    );
  };
  const choose = (name: "stage" | "state", label: string, values: readonly string[]) => (
    <label class="cvw-setting">
      <span>{label}</span>
      <select
        class="cvw-select"
        value={job[name]}
        disabled={readOnly}
        data-testid={`job-${name}`}
        onChange={(event) => void review.changeJob({ [name]: event.currentTarget.value })}
      >
        {values.map((value) => (
          <option key={value} value={value}>
            {value}
          </option>
        ))}
      </select>
    </label>
  );
  const person = (name: "assignee" | "reviewer", label: string) => (
    <label class="cvw-setting">
      <span>{label}</span>
      <KeptField
        class="cvw-field"
        type="text"
        list={list}
        maxLength={255}
        placeholder="nobody"
        value={job[name] ?? ""}
        disabled={readOnly}
        data-testid={`job-${name}`}
        onChange={(event) => void review.changeJob({ [name]: event.currentTarget.value.trim() })}
      />
    </label>
  );
  return (
    <div class="cvw-job">
      <p class="cvw-muted">
        {job.type.replaceAll("_", " ")}, frames {job.start} to {job.stop}
      </p>
      {choose("stage", "Stage", stages)}
      {choose("state", "State", states)}
      {person("assignee", "Assignee")}
      {person("reviewer", "Reviewer")}
      <datalist id={list}>
        {people.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {!readOnly && (
        <div class="cvw-job-buttons">
          <button
            type="button"
            class="cvw-button cvw-primary"
            disabled={job.state === "completed" && !finished}
            data-testid="finish-job"
            onClick={finish}
          >
            Finish the job
          </button>
          {job.stage !== "annotation" && (
            <>
              <button
                type="button"
                class="cvw-button"
                onClick={() => void review.changeJob({ stage: "acceptance", state: "completed" })}
              >
                Accept
              </button>
              <button
                type="button"
                class="cvw-button"
                onClick={() => void review.changeJob({ stage: "annotation", state: "rejected" })}
              >
                Send back
              </button>
            </>
          )}
          {job.state === "completed" && (
            <button
              type="button"
              class="cvw-button"
              onClick={() => void review.changeJob({ stage: "annotation", state: "new" })}
            >
              Renew the job
            </button>
          )}
        </div>
      )}
      {finished && <Feedback verdict={verdict} />}
      <p class="cvw-note">{security === "enforced" ? ENFORCED : TRUST}</p>
    </div>
  );
}

function Feedback({ verdict }: { readonly verdict: Verdict | null }) {
  if (!verdict) {
    return (
      <p class="cvw-verdict" role="status">
        The job is completed.
      </p>
    );
  }
  const { metric, value, threshold, passed, attempts_left: left } = verdict;
  return (
    <div class={`cvw-verdict ${passed ? "cvw-passed" : "cvw-failed"}`} role="status" data-testid="verdict">
      <strong>
        {passed ? "Good work: the job is completed." : "The job is completed, but the quality is below what is asked for."}
      </strong>
      <span>
        The {metric} is {percent(value)}; at least {percent(threshold)} is asked for.
      </span>
      {!passed && left !== null && (
        <span>
          {left > 0
            ? `Look through it once more and finish again: ${left === 1 ? "one more check is" : `${left} more checks are`} left.`
            : "No checks are left."}
        </span>
      )}
    </div>
  );
}
