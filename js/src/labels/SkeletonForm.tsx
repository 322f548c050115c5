import { useEffect, useRef, useState } from "preact/hooks";
import { Download, Eraser, MousePointer2, Plus, Redo2, Spline, Undo2, Upload } from "../panels/icons";
import { saveFile } from "../save-file";
import { messageOf } from "../words";
import { Attributes } from "./Attributes";
import { Backdrop } from "./Backdrop";
import { ColorField } from "./ColorField";
import { problemAt } from "./checks";
import { JointList } from "./JointList";
import { cancelling, FormFoot } from "./LabelForm";
import { Button, counted, TextField } from "./parts";
import { SkeletonCanvas, type SkeletonTool } from "./SkeletonCanvas";
import { addJoint, EMPTY, imported, skeletonOf, withSkeleton } from "./skeleton";
import { writeFile } from "./skeleton-svg";
import { newLabel } from "./spec";
import { type FormProps, useSaving } from "./use-saving";
import { useSkeleton } from "./use-skeleton";

interface SkeletonFormProps extends FormProps {
  /** Objects that have the joints. */
  readonly objects: number;
  readonly frames: number;
  readonly frame: (number: number) => Promise<Blob>;
}

const TOOLS: readonly {
  readonly tool: SkeletonTool;
  readonly label: string;
  readonly hint: string;
  readonly icon: typeof Plus;
}[] = [
  { tool: "add", label: "Add", hint: "Click on the square to add a joint; drag joints to move them", icon: Plus },
  { tool: "move", label: "Move", hint: "Drag joints; the arrow keys move the focused one", icon: MousePointer2 },
  { tool: "join", label: "Join", hint: "Click two joints, or drag from one to the other; Esc gives up", icon: Spline },
  { tool: "delete", label: "Delete", hint: "Click a joint or an edge to delete it", icon: Eraser },
];
const MAX_SVG = 1 << 20;

/** A skeleton: its template on a square, its joints in a list, and what every label has. */
export function SkeletonForm(props: SkeletonFormProps) {
  const { label, busy, objects, onClose } = props;
  const isNew = label.id === 0;
  const locked = objects > 0;
  const [draft, setDraft] = useState(label);
  const history = useSkeleton(() => (label.sublabels.length > 0 ? skeletonOf(label) : EMPTY));
  const { skeleton, commit, undo, redo } = history;
  const [tool, setTool] = useState<SkeletonTool>(label.sublabels.length > 0 ? "move" : "add");
  const [selected, setSelected] = useState<number | null>(null);
  const [picture, setPicture] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  const file = useRef<HTMLInputElement>(null);
  useEffect(() => () => void (picture && URL.revokeObjectURL(picture)), [picture]);

  const clean = withSkeleton({ ...draft, name: draft.name.trim() }, skeleton);
  const { name, problems, save } = useSaving(props, clean, clean.sublabels.length === 0, () => {
    setDraft(newLabel("skeleton"));
    commit(EMPTY);
  });
  const open = async (chosen: File | undefined): Promise<void> => {
    if (!chosen) return;
    try {
      if (chosen.size > MAX_SVG) throw new Error("The SVG is larger than 1 MiB.");
      commit(imported(await chosen.text(), skeleton));
      setSelected(null);
      setError(null);
      if (draft.name === "") setDraft({ ...draft, name: chosen.name.replace(/\.svg$/i, "").slice(0, 64) });
    } catch (problem) {
      setError(messageOf(problem));
    }
  };

  return (
    <form
      class="cvw-labels-form"
      aria-label={isNew ? "New skeleton" : `Skeleton ${label.name}`}
      data-testid="skeleton-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save(isNew);
      }}
      onKeyDown={(event) => {
        cancelling(onClose)(event);
        if (!(event.ctrlKey || event.metaKey) || (event.target as Element).matches("input, textarea")) return;
        const way =
          event.key.toLowerCase() === "z" ? (event.shiftKey ? redo : undo) : event.key.toLowerCase() === "y" ? redo : null;
        if (way === null) return;
        event.preventDefault();
        way?.();
      }}
    >
      <div class="cvw-labels-line">
        <TextField
          label="Skeleton name"
          value={draft.name}
          problem={problemAt(problems, ["name"])}
          field={name}
          grow
          testId="label-name"
          onInput={(text) => setDraft({ ...draft, name: text })}
        />
        <ColorField
          name={draft.name.trim()}
          color={draft.color}
          problem={problemAt(problems, ["color"])}
          onChange={(color) => setDraft({ ...draft, color })}
        />
      </div>
      {locked && (
        <p class="cvw-labels-note">
          {counted(objects, "object")} {objects === 1 ? "has" : "have"} these joints: they can be moved, renamed, recoloured and
          joined anew, but none can be added or deleted.
        </p>
      )}
      <div class="cvw-labels-skeleton">
        <div class="cvw-labels-board">
          <div class="cvw-labels-tools" role="toolbar" aria-label="Tools">
            {TOOLS.map(({ tool: each, label: text, hint, icon }) => (
              <Button
                key={each}
                label={text}
                text
                icon={icon}
                hint={hint}
                pressed={tool === each}
                disabled={locked && each === "add"}
                testId={`tool-${each}`}
                onClick={() => setTool(each)}
              />
            ))}
            <span class="cvw-labels-spring" />
            <Button label="Undo (Ctrl+Z)" icon={Undo2} disabled={!undo} onClick={undo} testId="skeleton-undo" />
            <Button label="Redo (Ctrl+Y)" icon={Redo2} disabled={!redo} onClick={redo} />
          </div>
          <SkeletonCanvas
            history={history}
            tool={tool}
            locked={locked}
            picture={picture}
            selected={selected}
            onSelect={setSelected}
          />
          <p class="cvw-labels-hint">{TOOLS.find((each) => each.tool === tool)?.hint}.</p>
          <div class="cvw-labels-tools">
            <Backdrop
              frames={props.frames}
              frame={props.frame}
              shown={picture !== null}
              onPicture={setPicture}
              onError={setError}
            />
          </div>
          <div class="cvw-labels-tools">
            <input
              ref={file}
              type="file"
              accept=".svg,image/svg+xml"
              hidden
              data-testid="svg-file"
              onChange={(event) => {
                void open(event.currentTarget.files?.[0]);
                event.currentTarget.value = "";
              }}
            />
            <Button
              label="Import SVG"
              text
              icon={Upload}
              disabled={locked}
              hint="Read a skeleton that CVAT or this editor exported"
              onClick={() => file.current?.click()}
            />
            <Button
              label="Export SVG"
              text
              icon={Download}
              disabled={skeleton.joints.length === 0}
              testId="export-svg"
              onClick={() =>
                saveFile(`${clean.name || "skeleton"}.svg`, new Blob([writeFile(clean)], { type: "image/svg+xml" }))
              }
            />
          </div>
          {error !== null && (
            <p class="cvw-labels-problem" role="alert">
              {error}
            </p>
          )}
        </div>
        <JointList
          history={history}
          locked={locked}
          problems={problems}
          selected={selected}
          onSelect={setSelected}
          onAdd={() => {
            // Beside the others, where it can be seen.
            const made = addJoint(skeleton, 50 + (skeleton.joints.length % 5) * 6 - 12, 50);
            commit(made.skeleton);
            setSelected(made.key);
          }}
        />
      </div>
      <details class="cvw-labels-more" open={draft.attributes.length > 0}>
        <summary>Attributes of the skeleton{draft.attributes.length > 0 ? ` (${draft.attributes.length})` : ""}</summary>
        <Attributes
          attributes={draft.attributes}
          problems={problems}
          path={["attributes"]}
          onChange={(attributes) => setDraft({ ...draft, attributes })}
        />
      </details>
      {problemAt(problems, ["type"]) !== null && (
        <p class="cvw-labels-problem" role="alert">
          {problemAt(problems, ["type"])}
        </p>
      )}
      <FormFoot isNew={isNew} busy={busy} onDone={() => void save(false)} onClose={onClose} />
    </form>
  );
}
