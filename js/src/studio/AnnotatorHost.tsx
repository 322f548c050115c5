/** The annotator of an open job, in the place of the lists. It is a widget of its own; here it only has a place. */
import { useEffect, useRef, useState } from "preact/hooks";
import { messageOf } from "../words";
import { useStudio } from "./context";
import { ArrowLeft } from "./icons";
import { Button } from "./parts";

interface ChildView {
  readonly el: HTMLElement;
  remove(): void;
}

interface Manager {
  get_model(id: string): Promise<unknown>;
  create_view(model: unknown, options?: unknown): Promise<ChildView>;
}

export function AnnotatorHost({ model }: { model: string }) {
  const studio = useStudio();
  const place = useRef<HTMLDivElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    const manager = studio.model.widget_manager as unknown as Manager;
    let view: ChildView | null = null;
    let gone = false;
    const show = async (): Promise<void> => {
      const made = await manager.create_view(await manager.get_model(model));
      if (gone) {
        made.remove();
        return;
      }
      view = made;
      place.current?.append(made.el);
      setTimeout(() => made.el.querySelector<HTMLElement>("[role=application]")?.focus({ preventScroll: true }), 300);
    };
    // From its menu one comes to the page of the task.
    const toTask = (event: Event): void => {
      event.preventDefault();
      studio.back();
    };
    const host = place.current;
    host?.addEventListener("cvw-open-task", toTask);
    setProblem(null);
    show().catch((error: unknown) => !gone && setProblem(messageOf(error)));
    return () => {
      gone = true;
      host?.removeEventListener("cvw-open-task", toTask);
      view?.remove();
    };
  }, [studio, model]);
  const selected = studio.place.value;
  return (
    <>
      <div class="cvs-host-bar">
        <Button onClick={() => studio.back()} testId="studio-back">
          <ArrowLeft size={15} aria-hidden="true" /> Back
        </Button>
        {selected.at === "job" && <strong>Job #{selected.id}</strong>}
        <span class="cvw-muted cvw-ellipsis">Every change is saved at once.</span>
      </div>
      {problem && (
        <p class="cvs-nothing" role="alert">
          The annotator could not be shown: {problem}
        </p>
      )}
      <div ref={place} class="cvs-host" data-testid="annotator-host" />
    </>
  );
}
