/** Recording, replaying and being driven from Python: what of it this annotator has to do. */
import { useEffect, useLayoutEffect, useMemo } from "preact/hooks";
import { Overlays } from "../../overlays/Overlays";
import { useAnnotator } from "../context";
import { Driver } from "./driver";
import { GhostPointer } from "./GhostPointer";
import { ReplayBar } from "./ReplayBar";
import { PointerRecorder } from "./recorder";

export function Demonstration() {
  const context = useAnnotator();
  const state = context.editor.demonstration.value;
  const recording = state?.record ?? false;
  const commands = state?.commands ?? 0;
  const driver = useMemo(() => new Driver(context), [context]);
  useEffect(() => () => driver.dispose(), [driver]);
  useLayoutEffect(() => {
    if (commands > 0) driver.wake();
  }, [driver, commands]);
  useLayoutEffect(() => {
    if (!recording) return;
    const recorder = new PointerRecorder(context);
    return () => recorder.dispose();
  }, [context, recording]);
  return (
    <>
      {state?.overlays && <Overlays />}
      {state?.replay && <ReplayBar state={state.replay} />}
      <GhostPointer hand={driver.hand} />
    </>
  );
}
