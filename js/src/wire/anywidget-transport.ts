/** The transport in a notebook: asks on the data channel, listens on it and on the widget's own comm. */
import type { AnyModel } from "@anywidget/types";
import { type Handler, isFromKernel, type ToKernel, type Transport } from "./protocol";

type Buffers = readonly (DataView | ArrayBuffer | Uint8Array)[];

/** As much of a widget model as messages need. */
export interface MessageModel {
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[] | ArrayBufferView[]): void;
  on(event: "msg:custom", handler: (content: unknown, buffers: Buffers) => void): void;
  off(event: "msg:custom", handler: (content: unknown, buffers: Buffers) => void): void;
}

/** Jupyter hands out DataViews, others Uint8Arrays; either may be a window on a larger buffer. */
function tight(view: DataView | ArrayBuffer | Uint8Array): Uint8Array {
  if (view instanceof ArrayBuffer) return new Uint8Array(view);
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

export function notebookTransport(control: MessageModel, data: MessageModel): Transport {
  return {
    send(message: ToKernel, buffers: readonly Uint8Array[] = []): void {
      // JupyterLab copies the whole buffer under a view: send buffers that hold nothing else.
      data.send(
        message,
        undefined,
        buffers.map((buffer) => buffer.slice().buffer as ArrayBuffer),
      );
    },
    onMessage(handler: Handler): () => void {
      const receive = (content: unknown, buffers: Buffers): void => {
        if (isFromKernel(content)) handler(content, (buffers ?? []).map(tight));
      };
      control.on("msg:custom", receive);
      data.on("msg:custom", receive);
      return () => {
        control.off("msg:custom", receive);
        data.off("msg:custom", receive);
      };
    },
  };
}

/** The model of the data channel, whose reference stands in the trait `_channel`. */
export async function dataChannel(model: AnyModel): Promise<MessageModel> {
  const reference = String(model.get("_channel")).replace(/^IPY_MODEL_/, "");
  const manager = model.widget_manager as unknown as { get_model(id: string): Promise<MessageModel> };
  return manager.get_model(reference);
}
