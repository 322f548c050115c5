/** Tools for which objects are clicked one after the other, also on different frames, and then become something together. */

import { groupObjects } from "../../document/grouping";
import { mergeObjects } from "../../document/operations";
import type { Edit } from "../../document/records";
import type { Refusal } from "../../document/refusal";
import type { Editor } from "../../editor";
import { carryOut } from "../carry-out";
import { type KeyInput, State, type ToolContext, type ToolEvent } from "../state";

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

  override pointerMove({ point }: ToolEvent): void {
    this.context.editor.hovered.value = this.context.stage.pickAt(point)[0] ?? null;
  }

  override pointerDown({ point }: ToolEvent): void {
    const { editor, stage } = this.context;
    const [id] = stage.pickAt(point);
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
