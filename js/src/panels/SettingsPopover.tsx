import type { Settings } from "../editor";
import { useAnnotator } from "./context";
import { IconButton } from "./IconButton";
import { X } from "./icons";

type NumberSetting = { [K in keyof Settings]: Settings[K] extends number ? K : never }[keyof Settings];
type SwitchSetting = { [K in keyof Settings]: Settings[K] extends boolean ? K : never }[keyof Settings];

export function SettingsPopover() {
  return useAnnotator().ui.settings.value ? <Popover /> : null;
}

function Popover() {
  const { editor, ui } = useAnnotator();
  const settings = editor.settings.value;
  return (
    <div class="cvw-popover" role="dialog" aria-label="Settings" data-testid="settings">
      <div class="cvw-dialog-head">
        <h2>Settings</h2>
        <IconButton
          icon={X}
          label="Close (Esc)"
          small
          onClick={() => {
            ui.settings.value = false;
          }}
        />
      </div>
      <h3>Appearance</h3>
      <Choice
        label="Colour by"
        value={settings.colorBy}
        choices={{ label: "Label", instance: "Object", group: "Group" }}
        onChange={(value) => editor.setSetting("colorBy", value)}
      />
      <Choice
        label="Names"
        value={settings.showText}
        choices={{ selected: "Of selected objects", always: "Always", never: "Never" }}
        onChange={(value) => editor.setSetting("showText", value)}
      />
      <Slide label="Opacity" name="opacity" min={0} max={100} unit="%" />
      <Slide label="Selected opacity" name="selectedOpacity" min={0} max={100} unit="%" />
      <Slide label="Text size" name="textSize" min={9} max={24} unit="px" />
      <Slide label="Point size" name="controlPointSize" min={3} max={12} unit="px" />
      <Switch label="Outlines" name="outlines" />
      <Switch label="Smooth the picture when enlarged" name="smoothImage" />
      <h3>Player</h3>
      <Slide label="Step" name="frameStep" min={2} max={100} unit="frames" />
      <Choice
        label="Speed"
        value={String(settings.playbackSpeed)}
        choices={{ "0.25": "¼×", "0.5": "½×", "1": "1×", "2": "2×", "4": "4×" }}
        onChange={(value) => editor.setSetting("playbackSpeed", Number(value))}
      />
      <Switch label="Fit each new frame" name="resetZoom" />
    </div>
  );
}

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly choices: Readonly<Record<T, string>>;
  readonly onChange: (value: T) => void;
}

function Choice<T extends string>({ label, value, choices, onChange }: ChoiceProps<T>) {
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

function Slide({
  label,
  name,
  min,
  max,
  unit,
}: {
  label: string;
  name: NumberSetting;
  min: number;
  max: number;
  unit: string;
}) {
  const { editor } = useAnnotator();
  const value = editor.settings.value[name];
  return (
    <label class="cvw-setting">
      <span>{label}</span>
      <span class="cvw-setting-slide">
        <input
          type="range"
          min={min}
          max={max}
          value={value}
          onInput={(event) => editor.setSetting(name, Number(event.currentTarget.value))}
        />
        <output>
          {value} {unit}
        </output>
      </span>
    </label>
  );
}

function Switch({ label, name }: { label: string; name: SwitchSetting }) {
  const { editor } = useAnnotator();
  return (
    <label class="cvw-setting">
      <span>{label}</span>
      <input
        type="checkbox"
        checked={editor.settings.value[name]}
        onChange={(event) => editor.setSetting(name, event.currentTarget.checked)}
      />
    </label>
  );
}
