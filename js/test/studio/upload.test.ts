import { describe, expect, it } from "vitest";
import { upload } from "../../src/studio/upload";
import type { CallOptions, Link } from "../../src/wire/link";

/** A kernel that takes what it is told to take, in parts of four bytes. */
class Kernel {
  readonly asked: string[] = [];
  readonly received: number[] = [];
  put = (_offset: number): void => undefined;

  readonly link = {
    call: async (method: string, params: { token?: string; offset?: number }, options?: CallOptions) => {
      this.asked.push(method);
      if (method === "studio.upload.begin")
        return { result: { token: "t", part: 4, taken: [0, 2], notes: ["1 left out"] }, buffers: [] };
      if (method === "studio.upload.put") {
        expect(params).toEqual({ token: "t", offset: this.received.length });
        this.put(params.offset ?? 0);
        this.received.push(...(options?.buffers?.[0] ?? []));
      }
      return { result: {}, buffers: [] };
    },
  } as unknown as Link;
}

const FILES = [[1, 2, 3], [9], [4, 5, 6, 7, 8, 10]].map((data, at) => new File([Uint8Array.from(data)], `${at}.png`));

describe("an upload", () => {
  it("sends the files that the kernel takes as one stream, part by part", async () => {
    const kernel = new Kernel();
    const told: number[] = [];
    const found = await upload(kernel.link, "media", FILES, new AbortController().signal, (done) => told.push(done));
    expect(kernel.received).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 10]);
    expect(told).toEqual([0, 4, 8, 9]);
    expect(found).toMatchObject({ token: "t", bytes: 9, notes: ["1 left out"] });
    expect(found.files.map(({ name }) => name)).toEqual(["0.png", "2.png"]);
    expect(kernel.asked.at(-1)).toBe("studio.upload.put");
  });

  it("leaves nothing with the kernel if it is stopped, even before the first answer", async () => {
    for (const when of [0, 4]) {
      const kernel = new Kernel();
      const stop = new AbortController();
      kernel.put = (offset) => {
        if (offset === when) stop.abort(new Error("Stopped."));
      };
      await expect(upload(kernel.link, "media", FILES, stop.signal, () => undefined)).rejects.toThrow("Stopped.");
      expect(kernel.asked.at(-1)).toBe("studio.upload.drop");
      expect(kernel.received.length).toBe(when + 4);
    }
    const kernel = new Kernel();
    const stopped = AbortSignal.abort(new Error("Stopped."));
    await expect(upload(kernel.link, "media", FILES, stopped, () => undefined)).rejects.toThrow("Stopped.");
    expect(kernel.asked).toEqual(["studio.upload.begin", "studio.upload.drop"]);
  });

  it("leaves nothing with the kernel if a part is refused, and sends no more than a task can be", async () => {
    const kernel = new Kernel();
    kernel.put = () => {
      throw new Error("no room");
    };
    await expect(upload(kernel.link, "media", FILES, new AbortController().signal, () => undefined)).rejects.toThrow("no room");
    expect(kernel.asked.at(-1)).toBe("studio.upload.drop");
    const many = new Array(20_001).fill(FILES[0]);
    const other = new Kernel();
    await expect(upload(other.link, "media", many, new AbortController().signal, () => undefined)).rejects.toThrow("20,000");
    expect(other.asked).toEqual([]);
  });
});
