import type { Link } from "../wire/link";

/** Before the kernel has answered. */
export function Waiting({ link, height }: { link: Link; height: number }) {
  const lost = link.status.value === "lost";
  return (
    <div class="cvw-root cvw-message" style={{ height: `${height}px` }} role="status" data-testid="waiting">
      <h2>{lost ? "The annotator cannot start" : "Waiting for the kernel…"}</h2>
      <p class="cvw-muted">
        {lost
          ? link.reason.value
          : "If a cell is running, the annotator appears when it ends; with ipykernel 7 it does not have to wait. After a kernel restart, run the cell again."}
      </p>
    </div>
  );
}
