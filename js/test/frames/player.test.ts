import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ByteCache } from "../../src/frames/cache";
import { FramePlayer } from "../../src/frames/player";
import type { Link } from "../../src/wire/link";

interface Request {
  readonly frames: readonly number[];
  readonly tier: string;
  readonly side: number | undefined;
  readonly large: boolean | undefined;
  readonly signal: AbortSignal;
  /** With the pictures of all frames, or of the first few. */
  answer(count?: number): void;
  fail(text: string): void;
}

/** A kernel that answers when the test says so. */
function kernel(bytes = 8): { requests: Request[]; link: Pick<Link, "call">; answerAll: () => Promise<void> } {
  const requests: Request[] = [];
  const call = (_method: string, params: unknown, options?: { signal?: AbortSignal; large?: boolean }): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const { frames, tier, side } = params as { frames: number[]; tier: string; side?: number };
      const signal = options?.signal ?? new AbortController().signal;
      signal.addEventListener("abort", () => reject(signal.reason));
      requests.push({
        frames,
        tier,
        side,
        large: options?.large,
        signal,
        answer: (count = frames.length) => {
          const sent = frames.slice(0, count);
          const told = sent.map((frame) => ({ frame, width: 640, height: 480, mime: "image/jpeg", tier }));
          resolve({ result: { frames: told }, buffers: sent.map(() => new Uint8Array(bytes)) });
        },
        fail: (text) => reject(new Error(text)),
      });
    });
  const answerAll = async (): Promise<void> => {
    for (let done = 0; done < requests.length; done++) {
      requests[done]?.answer();
      await vi.advanceTimersByTimeAsync(0);
    }
  };
  return { requests, link: { call } as Pick<Link, "call">, answerAll };
}

function made(fps: number | null = 25, width = 640, bytes = 8): ReturnType<typeof kernel> & { player: FramePlayer } {
  const side = kernel(bytes);
  const decode = async (): Promise<ImageBitmap> => ({ width, height: 0.75 * width, close() {} }) as unknown as ImageBitmap;
  return { ...side, player: new FramePlayer(side.link, { first: 0, last: 99, fps, decode }) };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the player", () => {
  it("shows a frame when its picture is there, and the one before until then", async () => {
    const { player, requests, answerAll } = made();
    player.seek(10);
    expect([player.frame.value, player.image.value, player.loading.value]).toEqual([10, null, true]);
    requests[0]?.answer();
    await vi.advanceTimersByTimeAsync(0);
    expect([player.image.value?.frame, player.loading.value]).toEqual([10, false]);
    await answerAll();
    player.seek(50);
    expect([player.frame.value, player.image.value?.frame, player.loading.value]).toEqual([50, 10, true]);
  });

  it("asks ahead in the direction of travel, and gives up what was left behind", async () => {
    const { player, requests } = made();
    player.seek(10);
    requests[0]?.answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(requests.map(({ frames }) => frames)).toEqual([[10], [11], [12, 13, 14, 15, 16]]);
    player.seek(80);
    expect(requests.slice(1).map(({ signal }) => signal.aborted)).toEqual([true, true, false]);
    expect(requests.at(-1)?.frames).toEqual([80]);
    requests.at(-1)?.answer();
    await vi.advanceTimersByTimeAsync(0);
    player.seek(79);
    requests.at(-1)?.answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(requests.slice(-2).map(({ frames }) => frames)).toEqual([[78], [77, 76, 75, 74, 73]]);
  });

  it("asks for many pictures in one message, and again only when half of them are used up", async () => {
    const { player, requests, answerAll } = made();
    player.seek(10);
    await answerAll();
    const before = requests.length;
    for (const frame of [11, 12]) player.seek(frame);
    expect(requests.length).toBe(before);
    player.seek(13);
    expect(requests.slice(before).map(({ frames }) => frames)).toEqual([[17, 18, 19]]);
    requests.at(-1)?.answer();
    await vi.advanceTimersByTimeAsync(0);
    player.seek(19);
    expect(player.image.value?.frame).toBe(19);
  });

  it("asks anew for what the kernel left out, and gives up what several wanted once nobody does", async () => {
    const { player, requests } = made();
    player.seek(10);
    requests[0]?.answer();
    await vi.advanceTimersByTimeAsync(0);
    requests[2]?.answer(2);
    await vi.advanceTimersByTimeAsync(0);
    player.seek(13);
    expect(requests.slice(3).map(({ frames }) => frames)).toEqual([[14], [15, 16, 17, 18, 19]]);
    // Somebody looks at one that is left out again.
    player.seek(16);
    requests[4]?.answer(1);
    await vi.advanceTimersByTimeAsync(0);
    expect(requests.at(-1)?.frames).toEqual([16]);
    requests.at(-1)?.answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(player.image.value?.frame).toBe(16);
    const unanswered = requests.filter(({ frames }) => frames.length > 1).at(-1);
    expect(unanswered?.signal.aborted).toBe(false);
    player.seek(99);
    expect(unanswered?.signal.aborted).toBe(true);
  });

  it("tells when an answer will be large, after the last one of its kind", async () => {
    const { player, requests, answerAll } = made(25, 640, 20_000);
    player.seek(10);
    await answerAll();
    expect(requests.map(({ frames, large }) => [frames.length, large])).toEqual([
      [1, false],
      [1, false],
      [5, true],
    ]);
  });

  it("plays every frame once and in order, however late the pictures come", async () => {
    const { player, requests } = made();
    const shown: number[] = [];
    player.image.subscribe((image) => {
      if (image) shown.push(image.frame);
    });
    player.seek(0);
    requests[0]?.answer();
    await vi.advanceTimersByTimeAsync(0);
    player.play();
    for (let turn = 0, done = 1; turn < 200 && shown.length < 20; turn++) {
      // Every third round the kernel is slow.
      if (turn % 3 !== 0) while (done < requests.length) requests[done++]?.answer();
      await vi.advanceTimersByTimeAsync(40);
    }
    player.pause();
    expect(shown.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it("scrubs on small pictures and rests on the exact one", async () => {
    const { player, requests, answerAll } = made();
    player.scrub(30);
    player.scrub(31);
    expect(requests.map(({ frames, tier }) => [...frames, tier])).toEqual([
      [30, "proxy"],
      [31, "proxy"],
    ]);
    await vi.advanceTimersByTimeAsync(100);
    expect(requests.at(-1)).toMatchObject({ frames: [31], tier: "exact" });
    await answerAll();
    expect(player.image.value).toMatchObject({ frame: 31, tier: "exact" });
  });

  it("steps on pictures as large as the view, and rests on all pixels", async () => {
    const { player, requests, answerAll } = made(25, 320);
    player.seek(0);
    await answerAll();
    player.showsSide(300);
    const before = requests.length;
    player.seek(20);
    player.seek(21);
    expect(requests.slice(before).map(({ frames, side }) => [...frames, side])).toEqual([
      [20, 320],
      [21, 320],
    ]);
    requests.at(-1)?.answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(player.image.value).toMatchObject({ frame: 21, tier: "view" });
    await vi.advanceTimersByTimeAsync(100);
    expect(requests.some(({ frames, side }) => frames.includes(21) && side === undefined)).toBe(true);
    // What is shown is the right frame already: nothing says that one has to wait.
    expect(player.loading.value).toBe(false);
  });

  it("says what is wrong with a frame, and goes on with the next", async () => {
    const { player, requests } = made();
    player.seek(5);
    requests[0]?.fail("frame 5: the file is damaged");
    await vi.advanceTimersByTimeAsync(0);
    expect([player.error.value, player.loading.value]).toEqual(["frame 5: the file is damaged", false]);
    player.step(1);
    expect(player.error.value).toBeNull();
    requests.at(-1)?.answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(player.image.value?.frame).toBe(6);
  });
});

describe("the cache of pictures", () => {
  it("lets go of what was used least recently once it has too many bytes", () => {
    const gone: string[] = [];
    const cache = new ByteCache<string, string>(100, (value) => gone.push(value));
    cache.set("a", "A", 40);
    cache.set("b", "B", 40);
    cache.get("a");
    cache.set("c", "C", 40);
    expect([cache.has("a"), cache.has("b"), cache.has("c")]).toEqual([true, false, true]);
    expect(gone).toEqual(["B"]);
  });
});

describe("playing in a small view", () => {
  it("asks for no more pixels than are shown, and for all of them at rest", async () => {
    const { player, requests, answerAll } = made();
    player.seek(0);
    await answerAll();
    // 640 pixels wide, but shown in 300.
    player.showsSide(300);
    player.play();
    await vi.advanceTimersByTimeAsync(300);
    const played = requests.filter(({ side }) => side !== undefined);
    expect(new Set(played.map(({ side }) => side))).toEqual(new Set([320]));
    player.pause();
    const before = requests.length;
    player.showsSide(5000);
    player.seek(60);
    expect(requests.slice(before).every(({ side }) => side === undefined)).toBe(true);
  });
});
