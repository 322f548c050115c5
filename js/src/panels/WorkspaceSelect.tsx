import { run } from "../actions/actions";
import type { WorkspaceName } from "../editor";
import { WORKSPACE_NAMES } from "../workspaces/names";
import { useAnnotator } from "./context";

export function WorkspaceSelect() {
  const context = useAnnotator();
  return (
    <select
      class="cvw-select cvw-workspace-select"
      aria-label="Workspace"
      title="Workspace"
      data-testid="workspace"
      value={context.editor.workspace.value}
      onChange={(event) => {
        run(`workspace-${event.currentTarget.value as WorkspaceName}`, context);
        event.currentTarget.closest<HTMLElement>(".cvw-root")?.focus({ preventScroll: true });
      }}
    >
      {WORKSPACE_NAMES.map(([name, label]) => (
        <option key={name} value={name}>
          {label}
        </option>
      ))}
    </select>
  );
}
