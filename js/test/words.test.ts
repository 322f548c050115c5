import { describe, expect, it } from "vitest";
import { messageOf, sizeText } from "../src/words";

describe("words", () => {
  it("say what an error says, or what was thrown instead of one", () => {
    expect(messageOf(new TypeError("no such frame"))).toBe("no such frame");
    expect(messageOf("stopped")).toBe("stopped");
    expect(messageOf(null)).toBe("null");
  });

  it.each([
    [0, "1 KB"],
    [1535, "1 KB"],
    [1536, "2 KB"],
    [(1 << 20) - 1, "1024 KB"],
    [1 << 20, "1.0 MB"],
    [2_600_000, "2.5 MB"],
  ])("say how large %i bytes are", (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });
});
