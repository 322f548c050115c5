/** Objects that belong together. */
import type { JobDocument } from "./document";
import type { Edit, FieldChange } from "./records";
import { Refusal } from "./refusal";

/** One number for all of them, larger than any in use; not `together`: out of their groups. */
export function groupObjects(
  document: Pick<JobDocument, "get" | "all">,
  ids: readonly number[],
  together: boolean,
): Edit | Refusal {
  const records = ids.flatMap((id) => document.get(id) ?? []);
  if (records.length === 0) return new Refusal("few", "Choose objects to group.");
  let number = 0;
  if (together) for (const record of document.all()) number = Math.max(number, record.group + 1);
  if (together && number === 0) number = 1;
  const updated: Record<number, Record<string, FieldChange>> = {};
  for (const record of records) if (record.group !== number) updated[record.id] = { group: [record.group, number] };
  return { updated };
}
