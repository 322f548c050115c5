/** A tool of the second bundle: what is pressed while it is on its way is done when it is there. */
import type { ToolName } from "../editor";
import { fetchSecondBundle, reportMissing, type SecondBundle, secondBundle } from "../second-bundle";
import { type KeyInput, State, type ToolContext, type ToolEvent } from "./state";

type FetchedToolName = keyof SecondBundle["FETCHED_TOOLS"];

class FetchedTool extends State {
  private waiting: (() => void)[] = [];
  private left = false;

  constructor(
    context: ToolContext,
    override readonly name: ToolName,
    private readonly entry: FetchedToolName,
  ) {
    super(context);
  }

  override get path(): string {
    return this.step?.path ?? this.name;
  }

  override enter(): void {
    const bundle = secondBundle.peek();
    if (bundle) {
      this.start(bundle);
      return;
    }
    const { editor, stage } = this.context;
    stage.setCursor("progress");
    fetchSecondBundle(editor).then(
      (fetched) => this.left || this.start(fetched),
      (error: unknown) => {
        if (this.left) return;
        reportMissing(editor, "This tool", error);
        editor.tool.value = "select";
      },
    );
  }

  override exit(): void {
    this.left = true;
    super.exit();
  }

  override pointerDown(event: ToolEvent): void {
    this.later(() => super.pointerDown(event));
  }

  override pointerMove(event: ToolEvent): void {
    this.later(() => super.pointerMove(event));
  }

  override pointerUp(event: ToolEvent): void {
    this.later(() => super.pointerUp(event));
  }

  override key(event: KeyInput): boolean {
    return this.step ? super.key(event) : false;
  }

  override cancel(): boolean {
    if (this.step) return super.cancel();
    this.context.editor.tool.value = "select";
    return true;
  }

  private start({ FETCHED_TOOLS }: SecondBundle): void {
    this.go(FETCHED_TOOLS[this.entry](this.context));
    for (const each of this.waiting.splice(0)) if (!this.left) each();
  }

  private later(run: () => void): void {
    if (this.step) run();
    else this.waiting.push(run);
  }
}

/** A tool of the registry; `entry` is its line among the fetched ones, which is its name unless there are several ways of drawing. */
export function fetchedTool(name: ToolName, entry: FetchedToolName = name as FetchedToolName) {
  return (context: ToolContext): State => new FetchedTool(context, name, entry);
}
