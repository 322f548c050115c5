/** What a right click on a point of an object offers beside the rest. */
import { kindOf } from "../shapes/index";
import { deletePoint, startAtPoint } from "../tools/points";
import { useAnnotator } from "./context";

export function PointMenu() {
  const { editor, scene, tools } = useAnnotator();
  const request = tools.contextMenu.value;
  if (!request || request.id === null || request.vertex === null) return null;
  const { id, vertex } = request;
  const figure = scene.figureOf(id);
  if (!figure || kindOf(figure.type).minimumVertices === 0) return null;
  const off = editor.info.readOnly || editor.isLocked(id);
  const close = (): void => {
    tools.contextMenu.value = null;
    scene.host.closest<HTMLElement>(".cvw-root")?.focus({ preventScroll: true });
  };
  const context = { editor, stage: scene };
  return (
    <>
      <button
        type="button"
        role="menuitem"
        class="cvw-menu-item"
        disabled={off || figure.points.length / 2 <= kindOf(figure.type).minimumVertices}
        onClick={() => {
          deletePoint(context, id, vertex);
          close();
        }}
      >
        <span>Delete the point</span>
        <kbd>Alt+Click</kbd>
      </button>
      {figure.type === "polygon" && (
        <button
          type="button"
          role="menuitem"
          class="cvw-menu-item"
          disabled={off || vertex === 0}
          onClick={() => {
            startAtPoint(context, id, vertex);
            close();
          }}
        >
          <span>Set the starting point here</span>
        </button>
      )}
    </>
  );
}
