/** What a list shows: search, quick filter or filter, order, page. Pure functions, so that they can be tested without a page. */
import { fromLogic, type Group, type JsonLogic, type Rule, toLogic, valueCount } from "../filter/tree";
import type { Kind, ListRequest } from "./api";
import { type ListProperty, operatorName, PROPERTIES, QUICK_FILTERS, valueName } from "./properties";

export interface SortKey {
  readonly field: string;
  readonly down: boolean;
}

export interface ListState {
  readonly kind: Kind;
  readonly search: string;
  /** Names of quick filters that are on; they are joined by "and". */
  readonly quick: readonly string[];
  /** A filter of one's own; quick filters do not count while there is one, as in CVAT. */
  readonly filter: JsonLogic | null;
  readonly sort: readonly SortKey[];
  readonly page: number;
  /** Only what belongs to this project. */
  readonly project: number | null;
}

export const PAGE_SIZE = 20;
const MAX_SORTS = 4;
const NEWEST: SortKey = { field: "id", down: true };

export function initialList(kind: Kind, project: number | null = null): ListState {
  return { kind, search: "", quick: [], filter: null, sort: [NEWEST], page: 0, project };
}

export function withSearch(state: ListState, search: string): ListState {
  return search === state.search ? state : { ...state, search, page: 0 };
}

/** A quick filter on or off; a filter of one's own goes. */
export function toggleQuick(state: ListState, name: string): ListState {
  const on = state.quick.includes(name);
  const quick = on ? state.quick.filter((each) => each !== name) : [...state.quick, name];
  return { ...state, quick, filter: null, page: 0 };
}

/** Applying a filter turns the quick filters off. */
export function withFilter(state: ListState, filter: JsonLogic | null): ListState {
  return { ...state, filter, quick: filter ? [] : state.quick, page: 0 };
}

export function cleared(state: ListState): ListState {
  return { ...state, search: "", quick: [], filter: null, page: 0 };
}

export function isNarrowed(state: ListState): boolean {
  return state.search.trim() !== "" || state.quick.length > 0 || state.filter !== null;
}

/* Order */

export function sortableFields(kind: Kind): readonly ListProperty[] {
  return PROPERTIES[kind].filter((each) => each.sort !== undefined);
}

export function withSort(state: ListState, sort: readonly SortKey[]): ListState {
  const fields = new Set<string>();
  const unique = sort.filter(({ field }) => !fields.has(field) && fields.add(field)).slice(0, MAX_SORTS);
  return { ...state, sort: unique.length > 0 ? unique : [NEWEST], page: 0 };
}

export function sortText(sort: readonly SortKey[]): string {
  return sort.map(({ field, down }) => (down ? `-${field}` : field)).join(",");
}

/** Reads "-updated,name"; what the list cannot be sorted by is left out. */
export function parseSort(kind: Kind, text: string): readonly SortKey[] {
  const known = new Set(sortableFields(kind).map((each) => each.sort));
  const keys = text
    .split(",")
    .map((each) => each.trim())
    .map((each) => ({ field: each.replace(/^-/, ""), down: each.startsWith("-") }))
    .filter(({ field }) => known.has(field));
  return keys.length > 0 ? keys : [NEWEST];
}

/* Pages */

export function pageCount(total: number): number {
  return Math.max(1, Math.ceil(total / PAGE_SIZE));
}

/** Turns to a page that is there. */
export function withPage(state: ListState, page: number, total: number): ListState {
  return { ...state, page: Math.min(Math.max(page, 0), pageCount(total) - 1) };
}

/** "21–40 of 136" */
export function range(state: ListState, total: number): string {
  if (total === 0) return "none";
  const first = state.page * PAGE_SIZE + 1;
  return `${first}–${Math.min(first + PAGE_SIZE - 1, total)} of ${total.toLocaleString("en")}`;
}

/* What the kernel is asked */

export function filterOf(state: ListState, user: string): JsonLogic | null {
  if (state.filter) return state.filter;
  const chosen = QUICK_FILTERS[state.kind].filter(({ name }) => state.quick.includes(name)).map((each) => each.logic(user));
  if (chosen.length === 0) return null;
  return chosen.length === 1 ? (chosen[0] as JsonLogic) : { and: chosen };
}

export function requestOf(state: ListState, user: string): ListRequest {
  const { kind, search, sort, page, project } = state;
  const base = {
    kind,
    search: search.trim(),
    filter: filterOf(state, user),
    sort: sortText(sort),
    offset: page * PAGE_SIZE,
    limit: PAGE_SIZE,
  };
  return project === null ? base : { ...base, project };
}

/* Filters as people read them */

export function propertyOf(kind: Kind, name: string): ListProperty | undefined {
  return PROPERTIES[kind].find((each) => each.name === name);
}

/** "Stage is validation and Assignee contains an" */
export function filterWords(kind: Kind, logic: JsonLogic): string {
  return groupWords(kind, fromLogic(logic), true);
}

function groupWords(kind: Kind, group: Group, outer: boolean): string {
  const parts = group.children.map((child) =>
    child.kind === "group" ? groupWords(kind, child, false) : ruleWords(kind, child),
  );
  const joined = parts.join(` ${group.conjunction} `);
  if (group.not) return `not (${joined})`;
  return outer || parts.length === 1 ? joined : `(${joined})`;
}

function ruleWords(kind: Kind, rule: Rule): string {
  const property = propertyOf(kind, rule.property);
  const said = operatorName(rule.operator, property?.kind ?? "text");
  if (valueCount(rule.operator) === 0) return `${property?.title ?? rule.property} ${said}`;
  const values = rule.values.map((value) => {
    if (property?.kind === "date" && typeof value === "number") return dateText(value).replace("T", " ");
    return property ? valueName(property, String(value)) : String(value);
  });
  const both = rule.operator === "between" || rule.operator === "not_between";
  return `${property?.title ?? rule.property} ${said} ${values.join(both ? " and " : ", ")}`;
}

export function logicOf(tree: Group): JsonLogic | null {
  return toLogic(tree);
}

/* Dates travel as seconds since 1970; fields have local time. */

export function dateText(seconds: number): string {
  const moment = new Date(seconds * 1000);
  if (Number.isNaN(moment.getTime())) return "";
  const local = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

export function dateValue(text: string): number {
  return text === "" ? Number.NaN : new Date(text).getTime() / 1000;
}
