import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Link } from "../../src/wire/link";
import type { Handler, ToKernel, Transport } from "../../src/wire/protocol";

/** Keeps what is sent, and answers when it is told to. */
class Wire implements Transport {
  readonly sent: ToKernel[] = [];
  private handler: Handler = () => undefined;

  send(message: ToKernel): void {
    this.sent.push(message);
  }

  onMessage(handler: Handler): () => void {
    this.handler = handler;
    return () => undefined;
  }

  answer(link: Link, id: number): void {
    this.handler({ t: "result", client: link.clientId, id, result: {} }, []);
  }

  get kinds(): string {
    return this.sent.map(({ t }) => t).join(" ");
  }
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("a question", () => {
  it("is followed by small messages until it is answered, two at most", () => {
    const wire = new Wire();
    const link = new Link(wire);
    link.call("chapters").catch(() => undefined);
    expect(wire.kinds).toBe("rpc");
    vi.advanceTimersByTime(4);
    expect(wire.kinds).toBe("rpc nudge");
    vi.advanceTimersByTime(1000);
    expect(wire.kinds).toBe("rpc nudge nudge");
    link.close();
  });

  it("that is answered at once is not", () => {
    const wire = new Wire();
    const link = new Link(wire);
    link.call("chapters").catch(() => undefined);
    wire.answer(link, 1);
    vi.advanceTimersByTime(1000);
    expect(wire.kinds).toBe("rpc");
    link.close();
  });

  it("needs none if another follows it", () => {
    const wire = new Wire();
    const link = new Link(wire);
    link.call("chapters").catch(() => undefined);
    vi.advanceTimersByTime(3);
    link.call("chapters").catch(() => undefined);
    vi.advanceTimersByTime(3);
    expect(wire.kinds).toBe("rpc rpc");
    wire.answer(link, 1);
    wire.answer(link, 2);
    vi.advanceTimersByTime(1000);
    expect(wire.kinds).toBe("rpc rpc");
    link.close();
  });
});
