/** The guide of a task or project: laid out as annotators see it, by the same means, and its Markdown while it is edited. */
import { useMemo, useState } from "preact/hooks";
import { guidePicture } from "../panels/review/GuidePicture";
import { MarkdownTree } from "../panels/review/MarkdownTree";
import type { GuideDetails } from "./api";
import { useStudio } from "./context";
import { Button } from "./parts";

interface GuideProps {
  readonly of: { readonly kind: "task" | "project"; readonly id: number };
  readonly details: GuideDetails;
}

export function Guide({ of: { kind, id }, details }: GuideProps) {
  const studio = useStudio();
  const [draft, setDraft] = useState<string | null>(null);
  const Picture = useMemo(
    () =>
      guidePicture((name, signal) =>
        studio.link.call<{ mime: string }>("studio.guide.picture", { kind, id, name }, { signal }),
      ),
    [studio, kind, id],
  );
  if (draft === null)
    return (
      <section class="cvs-guide" aria-label="Guide" data-testid="guide">
        <div class="cvs-section-head">
          <h2>Guide</h2>
          <span class="cvw-spring" />
          <Button testId="guide-edit" onClick={() => setDraft(details.guide)}>
            {details.guide ? "Edit" : "Write a guide"}
          </Button>
        </div>
        {details.guide ? (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a long guide is scrolled by keys
          <article class="cvw-guide cvs-guide-text" aria-label="Text of the guide" tabIndex={0}>
            <MarkdownTree blocks={details.guide_blocks} Picture={Picture} />
          </article>
        ) : (
          <p class="cvw-muted">What annotators should know: none yet.</p>
        )}
      </section>
    );
  return (
    <form
      class="cvs-guide"
      onSubmit={(event) => {
        event.preventDefault();
        void studio.change(`studio.${kind}.update`, { id, guide: draft }).then(async (done) => {
          if (done === null) return;
          await studio.load(true);
          setDraft(null);
        });
      }}
    >
      <div class="cvs-section-head">
        <h2>Guide</h2>
        <span class="cvw-muted">in Markdown</span>
        <span class="cvw-spring" />
        <Button onClick={() => setDraft(null)}>Cancel</Button>
        <Button main submit>
          Save
        </Button>
      </div>
      <textarea
        class="cvw-field cvs-area"
        aria-label="Guide in Markdown"
        rows={12}
        value={draft}
        onInput={({ currentTarget }) => setDraft(currentTarget.value)}
      />
    </form>
  );
}
