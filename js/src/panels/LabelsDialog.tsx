import { useEffect, useRef, useState } from "preact/hooks";
import type { Editor } from "../editor";
import { messageOf } from "../words";
import { useAnnotator } from "./context";
import { Dialog } from "./Dialog";

interface LabelEditor {
  readonly show: typeof import("../labels/index").showIn;
  readonly css: string;
}

let fetching: Promise<LabelEditor> | null = null;

/** The label editor is a widget of its own: its module is fetched when it is first wanted. */
function fetchEditor({ link }: Editor): Promise<LabelEditor> {
  const fetched = async (): Promise<LabelEditor> => {
    const { buffers } = await link.call("labels.module");
    const [code, css] = buffers as [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>];
    const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    try {
      const module = (await import(/* @vite-ignore */ url)) as { showIn: LabelEditor["show"] };
      return { show: module.showIn, css: new TextDecoder().decode(css) };
    } finally {
      URL.revokeObjectURL(url);
    }
  };
  fetching ??= fetched().catch((error: unknown) => {
    fetching = null;
    throw error;
  });
  return fetching;
}

/** The labels of the task, in a dialog. */
export function LabelsDialog() {
  return (
    <Dialog name="labels" title="Labels" wide>
      <LabelEditorHost />
    </Dialog>
  );
}

function LabelEditorHost() {
  const { editor } = useAnnotator();
  const host = useRef<HTMLDivElement>(null);
  const [css, setCss] = useState("");
  const [text, setText] = useState("Opening…");
  useEffect(() => {
    let closed = false;
    let stop = (): void => undefined;
    fetchEditor(editor).then(
      (module) => {
        if (closed || !host.current) return;
        setCss(module.css);
        setText("");
        stop = module.show(host.current, editor.link);
      },
      (error: unknown) => {
        const reason = messageOf(error);
        setText(`The label editor could not be opened: ${reason}. In Python, cw.LabelEditor(task) shows it.`);
      },
    );
    return () => {
      closed = true;
      stop();
    };
  }, [editor]);
  return (
    <>
      <style>{css}</style>
      {text !== "" && (
        <p class="cvw-empty" role="status">
          {text}
        </p>
      )}
      <div ref={host} class="cvw-labels-host" />
    </>
  );
}
