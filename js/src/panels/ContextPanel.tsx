/** Pictures that belong to the frame without being frames: over the canvas, at its upper right. */
import { useEffect, useState } from "preact/hooks";
import { useAnnotator } from "./context";
import { fetched } from "./fetched";

const ContextImages = fetched("ContextImages");
/** A frame must rest so long before its context is asked for. */
const REST_MS = 120;

export function ContextPanel() {
  const { editor } = useAnnotator();
  const wanted = editor.frames.kind === "images" && editor.settings.value.showContext;
  // Videos have none: while they play, nothing here may be done for each frame.
  const frame = wanted ? editor.frame.value : 0;
  const [has, setHas] = useState(false);
  useEffect(() => {
    editor.context.value = [];
    setHas(false);
    if (!wanted) return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      editor.link
        .call<{ names: readonly string[] }>("context", { frame }, { signal: abort.signal })
        .then(({ result }) => {
          editor.context.value = result.names.map((name, index) => ({ frame, index, name }));
          setHas(result.names.length > 0);
        })
        .catch(() => undefined);
    }, REST_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [editor, frame, wanted]);
  return has ? <ContextImages /> : null;
}
