/** Tools for which objects are clicked one after the other, also on different frames, and then become something together. */

import { groupObjects } from "../../document/grouping";
import { mergeObjects } from "../../document/operations";
import type { Edit } from "../../document/records";
import type { Refusal } from "../../document/refusal";
import type { Editor } from "../../editor";
import { boxOfPoints } from "../../shapes/kind";
import { carryOut } from "../carry-out";
import { type KeyInput, movedFar, State, type ToolContext, type ToolEvent } from "../state";

interface Purpose {
  readonly name: "merge" | "group";
  readonly verb: string;
  /** Fewest objects for which it makes sense. */
  readonly least: number;
  edit(editor: Editor, ids: readonly number[]): Edit | Refusal;
}

export const MERGE: Purpose = {
  name: "merge",
  verb: "Merge",
  least: 2,
  edit: (editor, ids) => mergeObjects(editor.document, ids, (id) => editor.labelOf(id), editor.player.last),
};

export const GROUP: Purpose = {
  name: "group",
  verb: "Group",
  least: 1,
  edit: (editor, ids) => groupObjects(editor.document, ids, true),
};

export class Picking extends State {
  override readonly name: Purpose["name"];
  /** Where the button went down; a drag from there takes everything inside of it. */
  private start: ToolEvent | null = null;

  constructor(
    context: ToolContext,
    private readonly purpose: Purpose,
  ) {
    super(context);
    this.name = purpose.name;
  }

  override enter(): void {
    this.context.stage.setCursor("copy");
    this.context.editor.announce(`${this.purpose.verb}: click the objects, then press Enter`);
  }

  override exit(): void {
    super.exit();
    this.context.stage.setPreview(null);
  }

  override pointerMove({ point, screen }: ToolEvent): void {
    const { editor, stage } = this.context;
    editor.hovered.value = stage.pickAt(point)[0] ?? null;
    if (this.start && movedFar(screen, this.start.screen)) stage.setPreview({ band: [...this.start.point, ...point] });
  }

  override pointerDown(event: ToolEvent): void {
    this.start = event;
  }

  override pointerLeave(): void {
    this.start = null;
    this.context.stage.setPreview(null);
  }

  override pointerUp({ point, screen }: ToolEvent): void {
    const { editor, stage } = this.context;
    const { start } = this;
    this.start = null;
    stage.setPreview(null);
    if (!start) return;
    if (movedFar(screen, start.screen)) {
      const inside = stage.pickIn(boxOfPoints([...start.point, ...point]));
      editor.selection.value = [...new Set([...editor.selection.value, ...inside])];
      return;
    }
    const [id] = stage.pickAt(start.point);
    if (id === undefined) return;
    const picked = editor.selection.value;
    editor.selection.value = picked.includes(id) ? picked.filter((each) => each !== id) : [...picked, id];
  }

  override key(event: KeyInput): boolean {
    return event.key === "Enter" && this.complete();
  }

  override cancel(): boolean {
    this.context.editor.tool.value = "select";
    return true;
  }

  override complete(): boolean {
    const { editor } = this.context;
    const ids = editor.selection.peek();
    const { purpose } = this;
    if (ids.length < purpose.least) {
      editor.toast("info", `${purpose.verb}: click at least ${purpose.least} object${purpose.least === 1 ? "" : "s"} first.`);
      return true;
    }
    if (carryOut(editor, `${purpose.verb} ${ids.length} objects`, purpose.edit(editor, ids))) editor.tool.value = "select";
    return true;
  }
}
