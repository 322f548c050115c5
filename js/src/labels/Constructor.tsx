import { useRef, useState } from "preact/hooks";
import { Bot, GripVertical, Pencil, PersonStanding, Plus, Trash2 } from "../panels/icons";
import { colorOf } from "./color";
import { FromModel } from "./FromModel";
import { LabelForm } from "./LabelForm";
import { Button, counted, titled } from "./parts";
import { SkeletonForm } from "./SkeletonForm";
import { type LabelSpec, newLabel } from "./spec";
import type { EditorState, LabelStore } from "./store";
import { type LabelOrder, useOrder } from "./use-order";

/** The labels, one row each; one of them, or a new one, is open in a form. */
export function Constructor({ store, state }: { store: LabelStore; state: EditorState }) {
  /** Id of the label in the form, the type of a new one, or where new ones come from. */
  const [open, setOpen] = useState<number | "any" | "skeleton" | "model" | null>(null);
  const list = useRef<HTMLUListElement>(null);
  const order = useOrder(
    list,
    state.labels,
    (wanted) => store.change(wanted),
    (text) => {
      store.said.value = text;
    },
  );
  const { labels } = order;
  const close = (): void => {
    setOpen(null);
    store.clear();
  };
  const form = (label: LabelSpec) => {
    const props = {
      key: label.id || label.type,
      label,
      others: labels.flatMap(({ id, name }) => (id === label.id ? [] : name)),
      refused: store.refused.value,
      busy: store.busy.value,
      onClose: close,
      onSave: (saved: LabelSpec) => {
        const present = store.state.peek()?.labels ?? [];
        return store.change(label.id ? present.map((each) => (each.id === label.id ? saved : each)) : [...present, saved]);
      },
    };
    if (label.type !== "skeleton") return <LabelForm {...props} />;
    const objects = state.counts[label.id] ?? 0;
    return <SkeletonForm {...props} objects={objects} frames={state.frames} frame={(number) => store.frame(number)} />;
  };
  return (
    <div class="cvw-labels-constructor">
      <ul ref={list} class="cvw-labels-list" aria-label="Labels">
        {labels.map((label) => (
          <li key={label.id} data-testid="label" data-label={label.name}>
            {open === label.id ? (
              form(label)
            ) : (
              <Row
                label={label}
                objects={state.counts[label.id] ?? 0}
                writable={!state.read_only}
                busy={store.busy.value}
                order={order}
                onEdit={() => {
                  store.clear();
                  setOpen(label.id);
                }}
                onDelete={() => void store.change(labels.filter(({ id }) => id !== label.id))}
              />
            )}
          </li>
        ))}
      </ul>
      {labels.length === 0 && open === null && <p class="cvw-labels-empty">There are no labels yet.</p>}
      {open === "model" && <FromModel store={store} present={labels} onClose={close} />}
      {(open === "any" || open === "skeleton") && form(newLabel(open))}
      {!state.read_only && typeof open !== "string" && (
        <div class="cvw-labels-add">
          <Button
            label="Add label"
            text
            icon={Plus}
            kind={open === null ? "primary" : "plain"}
            testId="add-label"
            onClick={() => setOpen("any")}
          />
          <Button
            label="Set up skeleton"
            text
            icon={PersonStanding}
            testId="add-skeleton"
            onClick={() => setOpen("skeleton")}
          />
          <Button
            label="From model"
            text
            icon={Bot}
            hint="Take labels that a detector knows"
            testId="from-model-open"
            onClick={() => setOpen("model")}
          />
        </div>
      )}
    </div>
  );
}

interface RowProps {
  readonly label: LabelSpec;
  readonly objects: number;
  readonly writable: boolean;
  readonly busy: boolean;
  readonly order: LabelOrder;
  readonly onEdit: () => void;
  readonly onDelete: () => void;
}

function Row({ label, objects, writable, busy, order, onEdit, onDelete }: RowProps) {
  const { attributes, sublabels, type } = label;
  const facts = [
    type === "any" ? "any shape" : type,
    ...(sublabels.length > 0 ? [counted(sublabels.length, "joint")] : []),
    ...(attributes.length > 0 ? [counted(attributes.length, "attribute")] : []),
    ...(objects > 0 ? [counted(objects, "object")] : []),
  ];
  return (
    <div class={`cvw-labels-row${order.dragged === label.id ? " cvw-labels-dragged" : ""}`}>
      {writable && order.labels.length > 1 && (
        <button
          type="button"
          class="cvw-labels-icon-button cvw-labels-grip"
          aria-label={`Place of ${label.name}: ${order.labels.indexOf(label) + 1} of ${order.labels.length}. Arrow keys move it.`}
          title="Drag to another place, or use the arrow keys"
          data-grip={label.id}
          data-testid="move-label"
          {...order.grip(label)}
        >
          <GripVertical size={16} strokeWidth={1.75} aria-hidden="true" />
        </button>
      )}
      <span class="cvw-labels-swatch" style={{ background: colorOf(label) }} />
      <span class="cvw-labels-title" title={label.name}>
        {label.name}
      </span>
      <span class="cvw-labels-facts" title={attributes.map(({ name }) => name).join(", ")}>
        {titled(facts.join(" · "))}
      </span>
      {writable && (
        <>
          <Button label={`Edit ${label.name}`} icon={Pencil} testId="edit-label" onClick={onEdit} />
          <Button label={`Delete ${label.name}`} icon={Trash2} disabled={busy} testId="delete-label" onClick={onDelete} />
        </>
      )}
    </div>
  );
}
