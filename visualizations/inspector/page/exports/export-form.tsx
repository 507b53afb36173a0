/** Which part of the run, in which form, and where to: a file or the clipboard. */
import { useState } from 'preact/hooks';
import { EXPORTS, type ExportName, type ExportRequest } from '../../model/exports/index.js';
import { copyText } from '../shell/copy-text.js';
import type { PageState, Store } from '../store.js';
import { useStore } from '../use-store.js';

type Extent = 'all' | 'shown' | 'range';

/** What each form is good for. */
const ABOUT: Readonly<Record<ExportName, string>> = {
  jsonl: 'the run itself, to be opened here again or attached to a report; it takes no filter',
  mermaid: 'who says what to whom, for documents',
  perfetto: 'for ui.perfetto.dev and chrome://tracing, which open it on this computer',
  vitest: 'the events that the selected actor took, as a test of its chart',
  text: 'what happened, line by line',
};
const NAMES = Object.keys(ABOUT) as ExportName[];

export function ExportForm({ store, close }: { store: Store; close: () => void }) {
  const index = useStore(store, (state) => state.index);
  const length = useStore(store, (state) => state.length);
  const [name, setName] = useState<ExportName>('jsonl');
  const [extent, setExtent] = useState<Extent>('all');
  const [from, setFrom] = useState(0);
  const [to, setTo] = useState(Math.max(0, length - 1));
  const [said, say] = useState('');
  const format = EXPORTS[name];
  const file = `run${format.extension}`;
  const refusal = from > to ? 'The first moment has to be before the last.' : null;

  const make = (then: (text: string) => unknown) => {
    try {
      then(format.make(index, requestOf(store.get(), extent, from, to)));
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <form class="exports-form" method="dialog" onSubmit={(event) => event.preventDefault()}>
      <h2>Export “{index.header.title}”</h2>
      <fieldset>
        <legend>Form</legend>
        {NAMES.map((each) => (
          <label key={each} class="exports-choice">
            <input type="radio" name="form" checked={each === name} onChange={() => setName(each)} />
            <span>
              <strong>{EXPORTS[each].label}</strong>
              <small>{ABOUT[each]}</small>
            </span>
          </label>
        ))}
      </fieldset>
      <fieldset>
        <legend>Part</legend>
        <Choice name="all of it" value="all" extent={extent} choose={setExtent} />
        <Choice name="what the filter shows" value="shown" extent={extent} choose={setExtent} />
        <Choice name="from one moment to another" value="range" extent={extent} choose={setExtent} />
        {extent === 'range' && (
          <div class="exports-range">
            <Moment name="from" value={from} most={length - 1} set={setFrom} />
            <Moment name="to" value={to} most={length - 1} set={setTo} />
          </div>
        )}
      </fieldset>
      <p class="exports-said" role="status">
        {refusal ?? said}
      </p>
      <div class="exports-ways">
        <button
          type="button"
          disabled={refusal !== null}
          onClick={() => make((text) => download(text, file, format.mime))}
        >
          Save as {file}
        </button>
        <button
          type="button"
          disabled={refusal !== null}
          onClick={() =>
            make(async (text) =>
              say((await copyText(text)) ? 'Copied.' : 'The browser does not let it be copied.'),
            )
          }
        >
          Copy
        </button>
        <button type="button" onClick={close}>
          Close
        </button>
      </div>
    </form>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly value: Extent;
  readonly extent: Extent;
  readonly choose: (extent: Extent) => void;
}

function Choice({ name, value, extent, choose }: ChoiceProps) {
  return (
    <label class="exports-choice">
      <input type="radio" name="part" checked={extent === value} onChange={() => choose(value)} />
      {name}
    </label>
  );
}

interface MomentProps {
  readonly name: string;
  readonly value: number;
  readonly most: number;
  readonly set: (value: number) => void;
}

function Moment({ name, value, most, set }: MomentProps) {
  return (
    <label>
      {name}{' '}
      <input
        type="number"
        min={0}
        max={most}
        value={value}
        onInput={(event) =>
          set(Math.max(0, Math.min(most, Math.floor(Number(event.currentTarget.value)) || 0)))
        }
      />
    </label>
  );
}

function requestOf({ filter, selected }: PageState, extent: Extent, from: number, to: number): ExportRequest {
  return {
    ...(extent === 'range' ? { from, to } : {}),
    ...(extent === 'shown' ? { filter } : {}),
    actor: selected,
  };
}

/** An object URL works without a network, also from a file. */
function download(text: string, name: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads it in its own time.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
