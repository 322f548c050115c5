/** What the keys of a workspace do, at the foot of its panel. */
export function KeyHints({ hints }: { hints: readonly (readonly [keys: string, meaning: string])[] }) {
  return (
    <dl class="cvw-key-hints">
      {hints.map(([keys, meaning]) => (
        <div key={keys}>
          <dt>
            <kbd>{keys}</kbd>
          </dt>
          <dd>{meaning}</dd>
        </div>
      ))}
    </dl>
  );
}
