/** What lists can be filtered and sorted by, and the quick filters; twin of cvat_widgets/store/list_properties.py. */
import type { JsonLogic, Operator } from "../filter/tree";
import type { Kind } from "./api";

export type PropertyKind = "text" | "number" | "date" | "choice";

export interface ListProperty {
  readonly name: string;
  readonly title: string;
  readonly kind: PropertyKind;
  readonly values?: readonly string[];
  /** What the list is sorted by, if it can be. */
  readonly sort?: string;
}

const STATUSES = ["annotation", "validation", "completed"];
const STAGES = ["annotation", "validation", "acceptance"];
const STATES = ["new", "in progress", "completed", "rejected"];
const TYPES = ["annotation", "ground_truth", "consensus_replica"];

const text = (name: string, title: string, sort: string | null = name): ListProperty =>
  sort === null ? { name, title, kind: "text" } : { name, title, kind: "text", sort };
const number = (name: string, title: string): ListProperty => ({ name, title, kind: "number", sort: name });
const choice = (name: string, title: string, values: readonly string[]): ListProperty => ({
  name,
  title,
  kind: "choice",
  values,
  sort: name,
});
const DATES: readonly ListProperty[] = [
  { name: "updated_date", title: "Last updated", kind: "date", sort: "updated" },
  { name: "created_date", title: "Created", kind: "date", sort: "created" },
];

export const PROPERTIES: Readonly<Record<Kind, readonly ListProperty[]>> = {
  tasks: [
    number("id", "ID"),
    text("name", "Name"),
    choice("status", "Status", STATUSES),
    text("assignee", "Assignee"),
    text("owner", "Owner"),
    ...DATES,
    text("subset", "Subset"),
    choice("mode", "Data", ["annotation", "interpolation"]),
    choice("dimension", "Dimension", ["2d", "3d"]),
    number("size", "Frames"),
    text("project_name", "Project name"),
    number("project_id", "Project ID"),
  ],
  jobs: [
    number("id", "ID"),
    choice("state", "State", STATES),
    choice("stage", "Stage", STAGES),
    text("assignee", "Assignee"),
    text("reviewer", "Reviewer"),
    ...DATES,
    choice("type", "Type", TYPES),
    { name: "dimension", title: "Dimension", kind: "choice", values: ["2d", "3d"] },
    text("task_name", "Task name"),
    number("task_id", "Task ID"),
    text("project_name", "Project name"),
    number("project_id", "Project ID"),
  ],
  projects: [
    number("id", "ID"),
    text("name", "Name"),
    choice("status", "Status", STATUSES),
    text("assignee", "Assignee"),
    text("owner", "Owner"),
    ...DATES,
  ],
};

export const OPERATORS: Readonly<Record<PropertyKind, readonly Operator[]>> = {
  text: ["like", "==", "!=", "starts_with", "ends_with", "any_in", "not_in", "is_empty", "is_not_empty"],
  choice: ["==", "!=", "any_in", "not_in"],
  number: ["==", "!=", ">", ">=", "<", "<=", "between", "not_between", "is_empty", "is_not_empty"],
  date: [">=", "<=", "between", "not_between"],
};

export const OPERATOR_NAMES: Readonly<Record<Operator, string>> = {
  "==": "is",
  "!=": "is not",
  ">": ">",
  ">=": "≥",
  "<": "<",
  "<=": "≤",
  any_in: "any in",
  not_in: "not in",
  is_empty: "is empty",
  is_not_empty: "is not empty",
  between: "between",
  not_between: "not between",
  like: "contains",
  starts_with: "starts with",
  ends_with: "ends with",
};

/** "On or after" says more of a date than "≥". */
export function operatorName(operator: Operator, kind: PropertyKind): string {
  if (kind === "date" && operator === ">=") return "on or after";
  if (kind === "date" && operator === "<=") return "on or before";
  return OPERATOR_NAMES[operator];
}

/** What people say for a value. */
export function valueName(property: ListProperty, value: string): string {
  if (property.name === "mode") return value === "annotation" ? "images" : "video";
  return value.replace("_", " ");
}

export interface QuickFilter {
  readonly name: string;
  logic(user: string): JsonLogic;
}

const MINE: QuickFilter = { name: "Assigned to me", logic: (user) => ({ and: [{ "==": [{ var: "assignee" }, user] }] }) };
const OWNED: QuickFilter = { name: "Owned by me", logic: (user) => ({ and: [{ "==": [{ var: "owner" }, user] }] }) };
const OPEN: QuickFilter = {
  name: "Not completed",
  logic: () => ({ "!": { and: [{ "==": [{ var: "status" }, "completed"] }] } }),
};

export const QUICK_FILTERS: Readonly<Record<Kind, readonly QuickFilter[]>> = {
  projects: [OWNED, OPEN],
  tasks: [MINE, OWNED, OPEN],
  jobs: [
    MINE,
    {
      name: "Not completed",
      logic: () => ({ "!": { or: [{ "==": [{ var: "state" }, "completed"] }, { "==": [{ var: "stage" }, "acceptance"] }] } }),
    },
    { name: "In validation", logic: () => ({ and: [{ "==": [{ var: "stage" }, "validation"] }] }) },
  ],
};
