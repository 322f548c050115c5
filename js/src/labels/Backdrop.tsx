import { useRef, useState } from "preact/hooks";
import { ImageUp, X } from "../panels/icons";
import { messageOf } from "../words";
import { Button } from "./parts";
import { ACCEPTED, backdropOf } from "./picture";

interface BackdropProps {
  readonly frames: number;
  readonly frame: (number: number) => Promise<Blob>;
  readonly shown: boolean;
  readonly onPicture: (address: string | null) => void;
  readonly onError: (text: string | null) => void;
}

/** The picture under a skeleton: a file of the user's, or a frame of the task. */
export function Backdrop({ frames, frame, shown, onPicture, onError }: BackdropProps) {
  const [number, setNumber] = useState(0);
  const file = useRef<HTMLInputElement>(null);
  const show = async (picture: Promise<Blob> | Blob | undefined): Promise<void> => {
    if (!picture) return;
    try {
      onPicture(await backdropOf(await picture));
      onError(null);
    } catch (problem) {
      onError(messageOf(problem));
    }
  };
  return (
    <>
      <input
        ref={file}
        type="file"
        accept={ACCEPTED}
        hidden
        data-testid="picture-file"
        onChange={(event) => {
          void show(event.currentTarget.files?.[0]);
          event.currentTarget.value = "";
        }}
      />
      <Button
        label="Picture"
        text
        icon={ImageUp}
        hint="Lay a picture under the skeleton"
        onClick={() => file.current?.click()}
      />
      {frames > 0 && (
        <span class="cvw-labels-frame">
          <Button
            label="Frame"
            text
            hint="Lay a frame of the task under the skeleton"
            testId="show-frame"
            onClick={() => void show(frame(number))}
          />
          <input
            class="cvw-labels-input"
            type="number"
            aria-label="Number of the frame"
            min={0}
            max={frames - 1}
            value={number}
            onInput={(event) => {
              const given = event.currentTarget.valueAsNumber;
              if (Number.isInteger(given)) setNumber(Math.min(Math.max(given, 0), frames - 1));
            }}
            onKeyDown={(event) => {
              if (event.key !== "Enter") return;
              event.preventDefault();
              void show(frame(number));
            }}
          />
        </span>
      )}
      {shown && <Button label="Remove the picture" icon={X} onClick={() => onPicture(null)} />}
    </>
  );
}
