/** Labels of a task or project: a constructor for name, colour and type, and raw JSON for everything else. */
import { useState } from "preact/hooks";
import { besides, copyText } from "../panels/copy-text";
import { messageOf } from "../words";
import type { RawLabel } from "./api";
import { useStudio } from "./context";
import { ClipboardCopy, Plus, Trash2 } from "./icons";
import { labelsText, newLabel, parseLabels } from "./labels";
import { Button, Choice, IconButton } from "./parts";

export function LabelEditor(props: {
  labels: readonly RawLabel[];
  error?: string | undefined;
  /** `null` while the raw text cannot be read. */
  onChange: (labels: readonly RawLabel[] | null) => void;
}) {
  const studio = useStudio();
  const { labels, onChange } = props;
  const [raw, setRaw] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const error = problem ?? props.error;
  const write = (text: string): void => {
    setRaw(text);
    try {
      onChange(parseLabels(text));
      setProblem(null);
    } catch (reason) {
      setProblem(messageOf(reason));
      onChange(null);
    }
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out everywhere
    <div class="cvs-label-editor" role="group" aria-label="Labels">
      <div class="cvs-section-head">
        <span class="cvs-form-label">Labels</span>
        <span class="cvw-spring" />
        <Button
          pressed={raw === null}
          onClick={() => {
            setRaw(null);
            if (problem) onChange(labels);
            setProblem(null);
          }}
        >
          Constructor
        </Button>
        <Button pressed={raw !== null} onClick={() => setRaw(labelsText(labels))}>
          Raw
        </Button>
        <IconButton
          icon={ClipboardCopy}
          label="Copy the labels"
          onClick={({ currentTarget }) => {
            copyText(labelsText(labels), besides(currentTarget)).then(
              () => studio.say("info", "The labels are in the clipboard."),
              () => studio.say("error", "The browser does not give access to the clipboard."),
            );
          }}
        />
      </div>
      {raw === null ? (
        <Constructor labels={labels} onChange={onChange} />
      ) : (
        <textarea
          class="cvw-field cvs-area cvs-code"
          aria-label="Labels as JSON"
          rows={8}
          spellcheck={false}
          data-testid="labels-raw"
          value={raw}
          onInput={({ currentTarget }) => write(currentTarget.value)}
        />
      )}
      {error && (
        <p class="cvs-form-error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

function Constructor({ labels, onChange }: { labels: readonly RawLabel[]; onChange: (labels: readonly RawLabel[]) => void }) {
  const studio = useStudio();
  const [name, setName] = useState("");
  const put = (index: number, part: Partial<RawLabel>): void =>
    onChange(labels.map((each, other) => (other === index ? { ...each, ...part } : each)));
  const add = (): void => {
    const names = name.split(",").flatMap((each) => each.trim() || []);
    if (names.length === 0) return;
    let next = labels;
    for (const each of names) if (!next.some((label) => label.name === each)) next = [...next, newLabel(next, each)];
    onChange(next);
    setName("");
  };
  return (
    <>
      {labels.map((label, index) => {
        const count = label.attributes?.length ?? 0;
        return (
          <div class="cvs-label-line" key={index}>
            <input
              type="color"
              aria-label={`Colour of ${label.name}`}
              value={/^#[0-9a-f]{6}$/i.test(label.color ?? "") ? label.color : "#888888"}
              onInput={({ currentTarget }) => put(index, { color: currentTarget.value })}
            />
            <input
              class="cvw-field"
              aria-label={`Name of label ${index + 1}`}
              maxLength={64}
              value={label.name}
              onInput={({ currentTarget }) => put(index, { name: currentTarget.value })}
            />
            <Choice
              label={`Type of ${label.name}`}
              value={label.type ?? "any"}
              values={studio.hello.value?.label_types ?? ["any"]}
              onChange={(type) => put(index, { type })}
            />
            <span class="cvw-muted cvs-label-count" title="Attributes are written in the raw mode">
              {count === 1 ? "1 attribute" : `${count} attributes`}
            </span>
            <IconButton
              icon={Trash2}
              label={`Remove the label ${label.name}`}
              onClick={() => onChange(labels.filter((_, other) => other !== index))}
            />
          </div>
        );
      })}
      <div class="cvs-label-line cvw-label-new">
        <input
          class="cvw-field"
          aria-label="Name of a new label"
          placeholder="New label, or several with commas"
          data-testid="label-name"
          value={name}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            add();
          }}
        />
        <Button onClick={add} testId="label-add">
          <Plus size={15} aria-hidden="true" /> Add label
        </Button>
      </div>
    </>
  );
}
