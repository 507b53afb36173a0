/** A value as a tree that folds. Long texts and long lists show their beginning until more is asked for. */
import { useState } from 'preact/hooks';
import type { Json } from '../../../../runtime/observe/recording/lines.js';
import { isBranch, shortText } from './json-text.js';
import './json-tree.css';

const MOST_CHARACTERS = 240;
const MOST_ENTRIES = 50;

interface Props {
  readonly value: Json;
  readonly name?: string;
  /** Levels that are open at first. */
  readonly open?: number;
}

/** @example <JsonTree value={{ table: 'users', options: { x: 1 } }} open={1} /> */
export function JsonTree({ value, name, open = 1 }: Props) {
  if (!isBranch(value)) {
    return (
      <div class="json-leaf">
        <Name name={name} />
        <JsonLeaf value={value} />
      </div>
    );
  }
  if (name === undefined) return <Entries value={value} open={open} />;
  return <Branch value={value} name={name} open={open} />;
}

function Branch({ value, name, open }: { value: object; name: string; open: number }) {
  const [shown, setShown] = useState(open > 0);
  return (
    <div class="json-branch">
      <button type="button" class="json-fold" aria-expanded={shown} onClick={() => setShown(!shown)}>
        <span aria-hidden="true">{shown ? '▾' : '▸'}</span> <Name name={name} />
        {!shown && <span class="json-short">{shortText(value as Json)}</span>}
      </button>
      {shown && (
        <div class="json-children">
          <Entries value={value} open={open - 1} />
        </div>
      )}
    </div>
  );
}

function Entries({ value, open }: { readonly value: object; readonly open: number }) {
  const [most, setMost] = useState(MOST_ENTRIES);
  const entries = Object.entries(value) as [string, Json][];
  return (
    <>
      {entries.slice(0, most).map(([key, child]) => (
        <JsonTree key={key} name={key} value={child} open={open} />
      ))}
      {entries.length > most && (
        <button type="button" class="json-more" onClick={() => setMost(most + 10 * MOST_ENTRIES)}>
          {entries.length - most} more
        </button>
      )}
    </>
  );
}

function Name({ name }: { readonly name: string | undefined }) {
  return name === undefined ? null : <span class="json-name">{name}: </span>;
}

export function JsonLeaf({ value }: { readonly value: Json }) {
  const [whole, setWhole] = useState(false);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const kind = value === null ? 'null' : typeof value;
  const long = text.length > MOST_CHARACTERS;
  return (
    <span class={`json-value json-${kind}`}>
      {long && !whole ? `${text.slice(0, MOST_CHARACTERS)}…` : text === '' ? '(empty)' : text}
      {long && (
        <button type="button" class="json-more" onClick={() => setWhole(!whole)}>
          {whole ? 'less' : `all ${text.length} characters`}
        </button>
      )}
    </span>
  );
}
