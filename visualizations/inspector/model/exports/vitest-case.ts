/** A test in vitest's language that takes an actor's chart through what was recorded. */
import type { StateValue, StepLine } from '../../../../runtime/observe/recording/lines.js';
import { stateInWords } from '../moments.js';
import type { RecordingIndex } from '../recording-index.js';
import type { ActorKey, ActorState } from '../types.js';
import { ExportError, rangeOf, type Selection } from './selection.js';

export interface VitestOptions extends Omit<Selection, 'filter'> {
  readonly actor: ActorKey;
  /** Whence the chart is imported, under the name that is its id. Default `bridle/machines`. */
  readonly module?: string;
  /** Default 500: more than anybody wants to read. */
  readonly limitSteps?: number;
}

const LIMIT_STEPS = 500;

interface Row {
  readonly moment: number;
  readonly event: StepLine['event'];
  readonly state: StateValue;
}

/**
 * The chart begins in the recorded state with the recorded context, gets the recorded events, and must be in
 * the recorded state after each. Its timers do not run: they are among the events. Its children do nothing.
 *
 * @throws ExportError when the actor has no chart or no step in the range
 */
export function exportVitestCase(index: RecordingIndex, options: VitestOptions): string {
  const { actor, module = 'bridle/machines', limitSteps = LIMIT_STEPS } = options;
  const [from, to] = rangeOf(index, options);
  const found = index.actor(actor);
  if (found === undefined) throw unknownActor(index, actor);
  const { chart } = found;
  if (chart === null || chart === undefined) {
    throw new ExportError(`${actor} has no chart, so there is nothing to replay. Choose another actor.`);
  }
  const { start, rows, beganAt } = lifeOf(index, actor, from, to);
  const shown = rows.slice(0, limitSteps);
  const leftOut = rows.length - shown.length;
  const last = shown.at(-1)?.state ?? start.state;
  return `/**
 * ${comment(index.header.title)}: ${comment(actor)}, moments ${beganAt} to ${to}.
 * ${leftOut > 0 ? `Only the first ${shown.length} steps; ${leftOut} more are left out.` : 'Every step of it.'}
 */
import { ${chart} } from ${quoted(module)};
import { expect, test } from 'vitest';
import { type AnyStateMachine, createActor, createMachine, fromCallback, SimulatedClock } from 'xstate';

/** As it was before the first event. */
const before = ${json({ value: start.state, context: start.context })};

const recorded = [
${shown.map((row) => `  ${json(row)},`).join('\n')}
];

test(${quoted(
    `given ${chart} in ${stateInWords(start.state)}, when it gets what was recorded, then it goes to ${stateInWords(last)} the same way`,
  )}, () => {
  const machine = (${chart} as AnyStateMachine).provide({
    actors: Object.fromEntries(
      Object.keys(${chart}.implementations.actors).map((name) => [name, fromCallback(() => {})]),
    ),
  });
  const listener = createActor(createMachine({ on: { '*': {} } }), { clock: new SimulatedClock() }).start();
  const resolved = machine.resolveState(before as never);
  // The children that belong to the states it is in are there already, and do nothing.
  const children = Object.fromEntries(
    resolved._nodes
      .flatMap(({ invoke }) => invoke)
      .map(({ id, src }) => [id, { src, snapshot: { status: 'active' } }]),
  );
  const actor = createActor(machine, { parent: listener, snapshot: { ...resolved, children } } as never);
  actor.subscribe({ error: () => {} });
  actor.start();
  for (const { moment, event, state } of recorded) {
    actor.send(event as never);
    expect(actor.getSnapshot().error, \`after \${event.type} at moment \${moment}\`).toBeUndefined();
    expect(actor.getSnapshot().value, \`after \${event.type} at moment \${moment}\`).toEqual(state);
  }
  listener.stop();
});
`;
}

/** What an actor went through from a moment on, until it ended or began anew. */
function lifeOf(
  index: RecordingIndex,
  actor: ActorKey,
  from: number,
  to: number,
): { readonly start: ActorState; readonly rows: readonly Row[]; readonly beganAt: number } {
  let start = index.at(from - 1).actors.get(actor);
  let beganAt = from;
  const rows: Row[] = [];
  for (const moment of index.momentsOf(actor)) {
    if (moment < from || moment > to) continue;
    const line = index.lines[moment];
    if (line?.t === 'step' && start?.state != null) {
      rows.push({ moment, event: line.event, state: line.state ?? rows.at(-1)?.state ?? start.state });
      continue;
    }
    if (rows.length > 0) break;
    start = index.at(moment).actors.get(actor);
    beganAt = moment;
  }
  if (start === undefined || rows.length === 0) {
    throw new ExportError(`${actor} takes no step in moments ${from} to ${to}. Choose a longer part.`);
  }
  return { start, rows, beganAt };
}

function json(value: unknown): string {
  return JSON.stringify(value);
}

/** As a literal with single quotes. */
function quoted(text: string): string {
  return `'${json(text).slice(1, -1).replace(/\\"/g, '"').replace(/'/g, "\\'")}'`;
}

function comment(text: string): string {
  return text.replace(/\*\//g, '* /').replace(/\s+/g, ' ');
}

function unknownActor(index: RecordingIndex, actor: ActorKey): ExportError {
  const replayable = index.actors.filter(({ chart }) => chart !== null).map(({ key }) => key);
  const some = replayable.slice(0, 10).join(', ');
  const others = replayable.length > 10 ? ` and ${replayable.length - 10} more` : '';
  return new ExportError(
    `There is no actor ${actor}. Choose one of ${some === '' ? 'another recording' : some}${others}.`,
  );
}
