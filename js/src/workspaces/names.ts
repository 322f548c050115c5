/** The workspaces, in the order in which they are offered. */
import type { WorkspaceName } from "./state";

export const WORKSPACE_NAMES: readonly (readonly [name: WorkspaceName, label: string])[] = [
  ["standard", "Standard"],
  ["attributes", "Attribute annotation"],
  ["tags", "Tag annotation"],
  ["single-shape", "Single shape"],
  ["review", "Review"],
];
