/** What the labels of a model become in the task. Twin of `compatible` and `mapped` in cvat_widgets/backends/mapping.py. */
import type { LabelSpec } from "../../document/records";
import type { LabelRule, LabelRules, ModelLabel } from "../../wire/models";

/** Whether what a model finds may become an object of a task's label. */
export function fits(model: ModelLabel["type"], task: LabelSpec["type"]): boolean {
  if (model === task) return true;
  const types = [model, task];
  if (types.includes("mask") && types.includes("polygon")) return true;
  return types.includes("any") && !types.includes("skeleton");
}

/** "Traffic_Light" and "traffic light" are one name. */
function plain(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, " ");
}

/** The one of the same name, letter by letter if there is one, else whatever the case. */
function sameName<T extends { readonly name: string }>(name: string, candidates: readonly T[]): T | undefined {
  return candidates.find((each) => each.name === name) ?? candidates.find((each) => plain(each.name) === plain(name));
}

/** A rule for a label of the task, with the attributes that have equal names. */
export function ruleFor(source: ModelLabel, target: LabelSpec): LabelRule {
  const pairs = source.attributes.flatMap(({ name }) => {
    const same = sameName(name, target.attributes);
    return same ? [[name, same.name] as const] : [];
  });
  return { name: target.name, attributes: Object.fromEntries(pairs) };
}

/** Equal names where the types go together; what a model without labels finds is taken by its name. */
export function defaultRules(labels: readonly ModelLabel[], task: readonly LabelSpec[]): LabelRules {
  if (labels.length === 0) return Object.fromEntries(task.map(({ name }) => [name, { name, attributes: {} }]));
  return Object.fromEntries(
    labels.map((source) => {
      const fitting = task.filter((target) => fits(source.type, target.type));
      const target = sameName(source.name, fitting);
      return [source.name, target ? ruleFor(source, target) : null];
    }),
  );
}

/** Whether anything that the model finds becomes something. */
export function mapsAnything(rules: LabelRules): boolean {
  return Object.values(rules).some((rule) => rule !== null);
}
