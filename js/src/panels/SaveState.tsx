import type { LinkStatus } from "../wire/link";
import { useAnnotator } from "./context";

export interface SaveFacts {
  readonly status: LinkStatus;
  readonly pending: number;
  readonly subshells: boolean;
  readonly reason: string | null;
}

/** What the bar says about the user's work, and what a tooltip adds. */
export function saveText({ status, pending, subshells, reason }: SaveFacts): {
  text: string;
  detail: string;
  tone: "good" | "busy" | "bad";
} {
  const edits = `${pending} edit${pending === 1 ? "" : "s"}`;
  if (status === "lost")
    return { text: "Disconnected", detail: reason ?? "The kernel is gone. Run the cell again.", tone: "bad" };
  if (status === "behind")
    return { text: "Behind, catching up…", detail: "Some messages were lost and are fetched again.", tone: "busy" };
  if (status === "waiting" || status === "connecting") {
    const why = subshells
      ? "The kernel does not answer. Your edits are kept in this page and sent as soon as it does."
      : "This kernel answers only between cells. Your edits are kept in this page until the running cell ends; ipykernel 7 answers at once.";
    return { text: pending > 0 ? `${edits} waiting for the kernel` : "Waiting for the kernel", detail: why, tone: "busy" };
  }
  if (pending > 0) return { text: "Saving…", detail: `${edits} on the way to the disk.`, tone: "busy" };
  return { text: "Saved", detail: "Everything is on disk.", tone: "good" };
}

export function SaveState({ subshells }: { subshells: boolean }) {
  const { editor } = useAnnotator();
  const { link, document } = editor;
  const { text, detail, tone } = saveText({
    status: link.status.value,
    pending: document.pendingCount.value,
    subshells,
    reason: link.reason.value,
  });
  return (
    <span class={`cvw-save cvw-save-${tone}`} title={detail} role="status">
      <span class="cvw-save-dot" aria-hidden="true" />
      <span data-testid="save-state">{editor.info.readOnly && tone === "good" ? "Read-only" : text}</span>
    </span>
  );
}
