/** Orders to a live run: only where the server takes any, and faults only for clusters made for that. */
import { useState } from 'preact/hooks';
import { progressAt } from '../../model/progress.js';
import type { CommandName, Store } from '../store.js';
import { useStore } from '../use-store.js';
import './control.css';

/** An order that waits for a second click. */
interface Asked {
  readonly name: CommandName;
  readonly args: Readonly<Record<string, string>>;
  readonly question: string;
}

export function ControlPanel({ store }: { store: Store }) {
  const live = useStore(store, (state) => state.live);
  const index = useStore(store, (state) => state.index);
  const length = useStore(store, (state) => state.length);
  const [asked, ask] = useState<Asked | null>(null);
  const [fault, chooseFault] = useState('');
  const [chosen, choose] = useState('');
  if (live === null) return null;
  const duplications = progressAt(index, length - 1);
  const key = chosen !== '' ? chosen : (duplications[0]?.key ?? '');
  const status = duplications.find((one) => one.key === key)?.status ?? null;
  const refusal = refusalOf(live.connected, live.control);
  const order = (name: CommandName, args: Readonly<Record<string, string>>) => {
    store.command(name, args);
    ask(null);
  };
  const may = (...statuses: readonly (string | null)[]) => refusal === null && statuses.includes(status);
  return (
    <section class="control-panel" aria-label="Control">
      <h2>Control</h2>
      {refusal !== null && <p class="control-refusal">{refusal}</p>}
      <label class="control-field">
        Duplication
        <select
          value={key}
          disabled={duplications.length === 0}
          onChange={(e) => choose(e.currentTarget.value)}
        >
          {duplications.map((one) => (
            <option key={one.key} value={one.key}>
              {one.key}
            </option>
          ))}
        </select>
      </label>
      <div class="control-row">
        <button
          type="button"
          disabled={!may('DS_LOG')}
          onClick={() =>
            ask({
              name: 'pause',
              args: { duplication: key },
              question: `Pause ${key}? Nothing is shipped until it is started.`,
            })
          }
        >
          Pause
        </button>
        <button
          type="button"
          disabled={!may('DS_PAUSE')}
          onClick={() => order('start', { duplication: key })}
        >
          Start
        </button>
        <button
          type="button"
          disabled={refusal !== null || status === null}
          onClick={() => order('retry', { duplication: key })}
        >
          Retry now
        </button>
      </div>
      {live.faults.length === 0 ? (
        <p class="control-hint">No fault can be injected here: these are not embedded clusters.</p>
      ) : (
        <div class="control-row">
          <label class="control-field">
            Fault
            <select
              value={fault}
              disabled={refusal !== null}
              onChange={(e) => chooseFault(e.currentTarget.value)}
            >
              <option value="">choose one</option>
              {live.faults.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <button
            type="button"
            disabled={refusal !== null || fault === ''}
            onClick={() =>
              ask({
                name: 'fault',
                args: { fault, duplication: key },
                question: `Inject “${fault}” into this run?`,
              })
            }
          >
            Inject
          </button>
          <button
            type="button"
            disabled={refusal !== null}
            onClick={() => order('heal', { duplication: key })}
          >
            Heal all faults
          </button>
        </div>
      )}
      {asked !== null && (
        <div class="control-question" role="alertdialog" aria-label={asked.question}>
          <p>{asked.question}</p>
          <button type="button" onClick={() => order(asked.name, asked.args)}>
            Yes, do it
          </button>
          <button type="button" onClick={() => ask(null)}>
            No
          </button>
        </div>
      )}
      <p class="control-answer" role="status">
        {live.answer ?? ''}
      </p>
    </section>
  );
}

function refusalOf(connected: boolean, control: boolean): string | null {
  if (!connected) return 'The run cannot be reached now.';
  return control ? null : 'Read-only. To give orders, start the inspector with --control.';
}
