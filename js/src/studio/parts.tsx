/** Small parts: buttons, fields, chips, progress, times. */
import type { LucideIcon } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { messageOf } from "../words";
import type { Counts, LabelChip } from "./api";
import { useStudio } from "./context";
import { ExternalLink, Film, ImageOff, Images } from "./icons";

export function IconButton(props: {
  icon: LucideIcon;
  label: string;
  onClick: (event: MouseEvent) => void;
  pressed?: boolean;
  expanded?: boolean;
  disabled?: boolean;
  testId?: string;
}) {
  const Icon = props.icon;
  return (
    <button
      type="button"
      class="cvw-icon-button"
      title={props.label}
      aria-label={props.label}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      disabled={props.disabled}
      data-testid={props.testId}
      onClick={props.onClick}
    >
      <Icon size={17} strokeWidth={1.75} aria-hidden="true" />
    </button>
  );
}

export function Button(props: {
  children: ComponentChildren;
  onClick?: () => void;
  main?: boolean;
  danger?: boolean;
  submit?: boolean;
  disabled?: boolean;
  pressed?: boolean;
  testId?: string;
}) {
  const look = props.main ? " cvs-button-main" : props.danger ? " cvs-button-danger" : "";
  return (
    <button
      type={props.submit ? "submit" : "button"}
      class={`cvs-button${look}`}
      aria-pressed={props.pressed}
      disabled={props.disabled}
      data-testid={props.testId}
      onClick={props.onClick}
    >
      {props.children}
    </button>
  );
}

export interface Running {
  readonly stop: AbortController;
  readonly done: number;
  readonly total: number;
}

/** How far something is that takes a while, with a button that ends it. */
export function Bar({ running, word = "Working" }: { running: Running; word?: string }) {
  const { done, total, stop } = running;
  return (
    <div class="cvs-running" role="status">
      <progress {...(total > 0 ? { value: done, max: total } : {})} aria-label="Progress" />
      <span class="cvw-muted">{total > 0 ? `${word}: ${Math.floor((100 * done) / total)} %` : `${word}…`}</span>
      <Button onClick={() => stop.abort(new Error("Stopped."))}>Stop</Button>
    </div>
  );
}

/** A name above what is filled in, and below it what is wrong with it. */
export function Field(props: {
  label: string;
  error?: string | undefined;
  hint?: ComponentChildren;
  wide?: boolean;
  children: (attributes: { id: string; "aria-describedby"?: string; "aria-invalid"?: boolean }) => ComponentChildren;
}) {
  const id = useId();
  const described = props.error ? { "aria-describedby": `${id}-error`, "aria-invalid": true } : {};
  return (
    <div class={`cvs-form-field${props.wide ? " cvw-form-wide" : ""}`}>
      <label for={id}>{props.label}</label>
      {props.children({ id, ...described })}
      {props.error ? (
        <p class="cvs-form-error" id={`${id}-error`} role="alert">
          {props.error}
        </p>
      ) : (
        props.hint && <p class="cvw-muted">{props.hint}</p>
      )}
    </div>
  );
}

/** A text that is saved when one leaves it or presses Enter; Escape takes it back. */
export function SavedText(props: {
  value: string;
  label: string;
  placeholder?: string;
  list?: string;
  title?: boolean;
  disabled?: boolean;
  testId?: string;
  /** What it returns is waited for: until then the field shows what was typed, not what it replaces. */
  onSave: (value: string) => unknown;
}) {
  const [text, setText] = useState<string | null>(null);
  const left = useRef(false);
  const save = (): void => {
    const shown = (): void => setText((present) => (present === text ? null : present));
    const changed = !left.current && text !== null && text.trim() !== props.value;
    left.current = false;
    if (changed) Promise.resolve(props.onSave(text.trim())).then(shown, shown);
    else setText(null);
  };
  return (
    <input
      class={`cvw-field cvs-saved-text${props.title ? " cvs-saved-title" : ""}`}
      aria-label={props.label}
      title={props.label}
      placeholder={props.placeholder}
      list={props.list}
      disabled={props.disabled}
      data-testid={props.testId}
      value={text ?? props.value}
      onInput={({ currentTarget }) => setText(currentTarget.value)}
      onBlur={save}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.currentTarget.blur();
        if (event.key === "Escape" && text !== null) {
          event.stopPropagation();
          left.current = true;
          event.currentTarget.blur();
        }
      }}
    />
  );
}

export function Choice(props: {
  value: string;
  label: string;
  values: readonly string[];
  names?: (value: string) => string;
  testId?: string;
  onChange: (value: string) => void;
}) {
  return (
    <select
      class="cvw-select"
      aria-label={props.label}
      title={props.label}
      data-testid={props.testId}
      value={props.value}
      onChange={({ currentTarget }) => props.onChange(currentTarget.value)}
    >
      {!props.values.includes(props.value) && <option value={props.value}>{props.value}</option>}
      {props.values.map((value) => (
        <option key={value} value={value}>
          {props.names?.(value) ?? value}
        </option>
      ))}
    </select>
  );
}

export function Labels({ labels, count }: { labels: readonly LabelChip[]; count?: number }) {
  const more = (count ?? labels.length) - labels.length;
  if (labels.length === 0) return <span class="cvw-muted">no labels</span>;
  return (
    <span class="cvs-chips">
      {labels.map(({ name, color }) => (
        <span key={name} class="cvs-chip">
          <span class="cvw-swatch" style={{ background: color }} />
          {name}
        </span>
      ))}
      {more > 0 && <span class="cvw-muted">+{more}</span>}
    </span>
  );
}

/** State, stage or status, with a mark that does not rely on colour alone: the word is there. */
export function Badge({ value, title }: { value: string; title: string }) {
  return (
    <span class={`cvs-badge cvs-badge-${value.replace(/[^a-z]/g, "-")}`} title={title}>
      {value.replace("_", " ")}
    </span>
  );
}

export function Progress({ counts }: { counts: Counts }) {
  const { jobs, accepted, validation, in_progress: begun } = counts;
  if (jobs === 0) return <span class="cvw-muted">no jobs</span>;
  const words = `${accepted} of ${jobs} ${jobs === 1 ? "job" : "jobs"} done`;
  const more = [validation && `${validation} in validation`, begun && `${begun} in progress`].filter(Boolean).join(", ");
  const share = (count: number): string => `${(100 * count) / jobs}%`;
  return (
    <span class="cvs-progress" title={more ? `${words}; ${more}` : words}>
      <span
        class="cvs-progress-bar"
        role="progressbar"
        aria-label={more ? `${words}; ${more}` : words}
        aria-valuemin={0}
        aria-valuemax={jobs}
        aria-valuenow={accepted}
      >
        <span class="cvs-progress-done" style={{ width: share(accepted) }} />
        <span class="cvs-progress-validation" style={{ width: share(validation) }} />
        <span class="cvs-progress-begun" style={{ width: share(begun) }} />
      </span>
      <span class="cvs-progress-text">
        {words}
        {more && <span class="cvw-muted"> · {more}</span>}
      </span>
    </span>
  );
}

const UNITS: readonly (readonly [name: string, seconds: number])[] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** "3 hours ago" */
export function ago(moment: string, now = Date.now()): string {
  const seconds = (now - new Date(moment).getTime()) / 1000;
  for (const [name, length] of UNITS) {
    const count = Math.floor(seconds / length);
    if (count >= 1) return `${count} ${name}${count === 1 ? "" : "s"} ago`;
  }
  return "just now";
}

export function When({ moment, word }: { moment: string; word?: string }) {
  return (
    <time dateTime={moment} title={new Date(moment).toLocaleString()}>
      {word ? `${word} ` : ""}
      {ago(moment)}
    </time>
  );
}

/** A link to an issue tracker; anything but http and https is shown as text. */
export function Tracker({ link, text }: { link: string; text?: string }) {
  if (!/^https?:\/\//i.test(link)) return link ? <span class="cvw-muted">{link}</span> : null;
  return (
    <a class="cvs-tracker" href={link} target="_blank" rel="noopener noreferrer" title={link}>
      <ExternalLink size={13} strokeWidth={1.75} aria-hidden="true" /> {text ?? "Issue tracker"}
    </a>
  );
}

export function Preview(props: { task: number | null; created: string; frame: number; video: boolean }) {
  const { task, created, frame } = props;
  const studio = useStudio();
  const place = useRef<HTMLSpanElement>(null);
  const [url, setUrl] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    setUrl(null);
    setProblem(null);
    const element = place.current;
    if (task === null || !element) return;
    let gone = false;
    const fetch = (): void => {
      studio.previews.get(task, created, frame).then(
        (found) => !gone && setUrl(found),
        (error: unknown) => !gone && setProblem(messageOf(error)),
      );
    };
    const watcher = new IntersectionObserver((entries) => {
      if (!entries.some((each) => each.isIntersecting)) return;
      watcher.disconnect();
      fetch();
    });
    watcher.observe(element);
    return () => {
      gone = true;
      watcher.disconnect();
    };
  }, [studio, task, created, frame]);
  const Icon = problem ? ImageOff : props.video ? Film : Images;
  return (
    <span ref={place} class="cvs-preview" title={problem ?? undefined}>
      {url ? <img src={url} alt="" /> : <Icon size={26} strokeWidth={1.25} aria-hidden="true" />}
    </span>
  );
}

export function People({ id, names }: { id: string; names: readonly string[] }) {
  return (
    <datalist id={id}>
      {names.map((name) => (
        <option key={name} value={name} />
      ))}
    </datalist>
  );
}
