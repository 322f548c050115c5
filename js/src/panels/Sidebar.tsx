/** The side panel: objects and labels, or what the workspace has instead. */
import { useAnnotator } from "./context";
import { fetched } from "./fetched";
import { ObjectsPanel } from "./ObjectsPanel";
import { Resizer } from "./Resizer";
import { WORKSPACES } from "./workspaces";

const LabelsPanel = fetched("LabelsPanel");
const IssuesPanel = fetched("IssuesPanel");

export function Sidebar() {
  const { editor } = useAnnotator();
  const Panel = WORKSPACES[editor.workspace.value].panel ?? Lists;
  return (
    <>
      <Resizer setting="rightPanelWidth" min={220} max={560} />
      <section
        class="cvw-sidebar"
        aria-label="Side panel"
        style={{ "--cvw-sidebar": `${editor.settings.value.rightPanelWidth}px` }}
      >
        <Panel />
      </section>
    </>
  );
}

function Lists() {
  const { editor, ui } = useAnnotator();
  const tab = ui.tab.value;
  const { issues } = editor.review.value;
  const names = { objects: "Objects", labels: "Labels", issues: issues > 0 ? `Issues (${issues})` : "Issues" };
  return (
    <>
      <div class="cvw-tabs" role="tablist" aria-label="Side panel">
        {(["objects", "labels", "issues"] as const).map((each) => (
          <button
            key={each}
            type="button"
            role="tab"
            class="cvw-tab"
            aria-selected={tab === each}
            onClick={() => {
              ui.tab.value = each;
            }}
          >
            {names[each]}
          </button>
        ))}
      </div>
      {tab === "objects" && <ObjectsPanel root={`cvw-${editor.link.clientId}`} />}
      {tab === "labels" && <LabelsPanel />}
      {tab === "issues" && <IssuesPanel />}
    </>
  );
}
