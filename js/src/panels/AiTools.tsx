import { run } from "../actions/actions";
import { useAnnotator } from "./context";
import { ActionButton, IconButton } from "./IconButton";
import { Bot, WandSparkles } from "./icons";

/** The buttons of the tools with which models draw, and of the panel of all models. */
export function AiTools() {
  const context = useAnnotator();
  const tool = context.editor.tool.value;
  return (
    <>
      <IconButton
        icon={WandSparkles}
        label="AI tools: click on an object"
        action="interact"
        pressed={tool === "interact" || tool === "scissors"}
        testId="tool-interact"
        onClick={() => run("interact", context)}
      />
      <ActionButton id="models" icon={Bot} pressed={context.ui.models.value === true} />
    </>
  );
}
