/** The kinds of fields that settings have. Each is bound to one setting by its name. */
import type { Settings } from "../editor";
import { useAnnotator } from "./context";
import { IconButton } from "./IconButton";
import { RotateCcw } from "./icons";

export type SettingOf<T> = { [K in keyof Settings]: Settings[K] extends T ? K : never }[keyof Settings];

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly choices: Readonly<Record<T, string>>;
  readonly onChange: (value: T) => void;
}

export function Choice<T extends string>({ label, value, choices, onChange }: ChoiceProps<T>) {
  return (
    <label class="cvw-setting">
      <span>{label}</span>
      <select class="cvw-select" value={value} onChange={(event) => onChange(event.currentTarget.value as T)}>
        {Object.entries<string>(choices).map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

interface SlideProps {
  readonly label: string;
  readonly name: SettingOf<number>;
  readonly min: number;
  readonly max: number;
  readonly step?: number;
  readonly unit: string;
}

export function Slide({ label, name, min, max, step = 1, unit }: SlideProps) {
  const { editor } = useAnnotator();
  const value = editor.settings.value[name];
  return (
    <label class="cvw-setting">
      <span>{label}</span>
      <span class="cvw-setting-slide">
        <input
          type="range"
          aria-label={label}
          min={min}
          max={max}
          step={step}
          value={value}
          onInput={(event) => editor.setSetting(name, Number(event.currentTarget.value))}
        />
        <output>
          {step < 1 ? value.toFixed(2) : value} {unit}
        </output>
      </span>
    </label>
  );
}

export function Switch({ label, name }: { label: string; name: SettingOf<boolean> }) {
  const { editor } = useAnnotator();
  return <Check label={label} checked={editor.settings.value[name]} onChange={(checked) => editor.setSetting(name, checked)} />;
}

export function Check({ label, checked, onChange }: { label: string; checked: boolean; onChange: (checked: boolean) => void }) {
  return (
    <label class="cvw-setting">
      <span>{label}</span>
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />
    </label>
  );
}

interface ColorProps {
  readonly label: string;
  readonly name: "gridColor" | "canvasColor" | "outlineColor";
  /** Shown while the setting is empty. */
  readonly usual: string;
  readonly usualName?: string;
}

export function Color({ label, name, usual, usualName }: ColorProps) {
  const { editor } = useAnnotator();
  const value = editor.settings.value[name];
  return (
    <label class="cvw-setting">
      <span>{label}</span>
      <span class="cvw-setting-color">
        {usualName &&
          (value === "" ? (
            <span class="cvw-muted">{usualName}</span>
          ) : (
            <IconButton icon={RotateCcw} label={usualName} small onClick={() => editor.setSetting(name, "")} />
          ))}
        <input
          type="color"
          class={value === "" ? "cvw-unset" : undefined}
          aria-label={label}
          value={value || usual}
          onInput={(event) => editor.setSetting(name, event.currentTarget.value)}
        />
      </span>
    </label>
  );
}
