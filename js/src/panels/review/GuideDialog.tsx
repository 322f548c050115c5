/** The guide of the task; it opens by itself when it is new to the user, until the user has closed it. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { messageOf } from "../../words";
import { useAnnotator } from "../context";
import { Dialog } from "../Dialog";
import { guidePicture } from "./GuidePicture";
import { MarkdownTree } from "./MarkdownTree";

export function GuideDialog() {
  const { editor, ui } = useAnnotator();
  const { guide } = editor.review.value;
  const open = ui.dialog.value === "guide";
  const opened = useRef(false);
  useEffect(() => {
    if (guide !== "new") return;
    if (open) opened.current = true;
    else if (opened.current) {
      editor.review.value = { ...editor.review.peek(), guide: "read" };
      editor.link.call("guide.read").catch(() => undefined);
    } else if (!ui.dialog.peek()) ui.dialog.value = "guide";
  }, [guide, open, editor, ui]);
  return (
    <Dialog name="guide" title="Guide" wide>
      <Guide />
    </Dialog>
  );
}

function Guide() {
  const { editor } = useAnnotator();
  const [blocks, setBlocks] = useState<unknown>(null);
  const [problem, setProblem] = useState("");
  const Picture = useMemo(
    () => guidePicture((name, signal) => editor.link.call<{ mime: string }>("guide.picture", { name }, { signal })),
    [editor],
  );
  useEffect(() => {
    const abort = new AbortController();
    editor.link.call<{ blocks: unknown }>("guide", {}, { signal: abort.signal }).then(
      ({ result }) => setBlocks(result.blocks),
      (error: unknown) => abort.signal.aborted || setProblem(messageOf(error)),
    );
    return () => abort.abort();
  }, [editor]);
  if (problem) return <p role="alert">The guide cannot be shown: {problem}</p>;
  if (blocks === null) return <p class="cvw-muted">Asking the kernel…</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a long guide is scrolled by keys
    <article class="cvw-guide" data-testid="guide-text" tabIndex={0}>
      <MarkdownTree blocks={blocks} Picture={Picture} />
    </article>
  );
}
