/** Frames as people write them: "3, 10-20". */
import type { FrameRange } from "../../wire/models";

/** The ranges, or a sentence on what is wrong. */
export function readRanges(text: string, first: number, last: number): readonly FrameRange[] | string {
  const parts = text
    .replace(/\s*[-–]\s*/g, "-")
    .split(/[,;\s]+/)
    .filter((part) => part !== "");
  if (parts.length === 0) return "Write which frames, such as 3, 10-20.";
  const ranges: FrameRange[] = [];
  for (const part of parts) {
    const found = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (!found) return `"${part}" is neither a frame nor a range such as 10-20.`;
    const from = Number(found[1]);
    const to = found[2] === undefined ? from : Number(found[2]);
    if (from > to) return `"${part}" ends before it begins.`;
    if (from < first || to > last) return `"${part}" is not within the job: frames ${first} to ${last}.`;
    ranges.push([from, to]);
  }
  return ranges;
}
