/**
 * What each actor, process and channel of messages went through, without what differs from run to run: times,
 * ids, how often something was repeated, and events that left the state as it was.
 */
import type { Json, TimedLine } from '../../../../runtime/observe/recording/lines.js';
import { isRoutine } from '../filter.js';
import { type Fate, fateOf } from '../messages.js';
import { eventInWords, stateInWords } from '../moments.js';
import type { RecordingIndex } from '../recording-index.js';
import type { ActorKey, MessageInfo } from '../types.js';
import { actorKey } from '../world.js';

export interface Turn {
  readonly moment: number;
  /** Two turns with the same label are the same. */
  readonly label: string;
  readonly event: string;
  readonly edges: readonly string[];
  /** State after it, or what became of a message. */
  readonly result: string;
  readonly payload: Json;
}

/** Whose turns they are. */
export interface Track {
  readonly kind: 'actor' | 'process' | 'messages';
  /** The same in both recordings. */
  readonly name: string;
  /** Of an actor, in this recording. */
  readonly key: ActorKey | null;
  readonly turns: readonly Turn[];
}

/** Longest round that counts as gone round again: look, back off, look; ask, wait, ask. */
const LONGEST_ROUND = 4;

/** By name. */
export function tracksOf(index: RecordingIndex): ReadonlyMap<string, Track> {
  const tracks = new Map<string, Omit<Track, 'name' | 'turns'> & { readonly turns: Turn[] }>();
  const names = actorNames(index);
  const add = (kind: Track['kind'], name: string, turn: Turn, key: ActorKey | null = null): void => {
    const known = tracks.get(name);
    if (known === undefined) tracks.set(name, { kind, key, turns: [turn] });
    else pushUnlessRepeated(known.turns, turn);
  };
  for (const [moment, line] of index.lines.entries()) {
    if (line.t === 'process') {
      add('process', line.process, turnOf(moment, line.what, [], line.why ?? ''));
    } else if (line.t === 'send') {
      const message = index.messages.get(line.id);
      if (message === undefined || isRoutine(line, index.messages)) continue;
      add('messages', channelOf(message), messageTurn(message));
    } else {
      const turn = actorTurn(line, moment);
      if (turn === null || !('actor' in line)) continue;
      const key = actorKey(line.process, line.actor);
      add('actor', names.get(key) ?? key, turn, key);
    }
  }
  return new Map([...tracks].map(([name, track]) => [name, { name, ...track }]));
}

/** Numbers that a run gave out are left out of a name; where that makes two alike, they are counted. */
function actorNames(index: RecordingIndex): ReadonlyMap<string, string> {
  const seen = new Map<string, number>();
  return new Map(
    index.actors.map(({ key, process, actor, partition }) => {
      const name = `${process}/${withoutNumbers(actor, partition)}`;
      const times = (seen.get(name) ?? 0) + 1;
      seen.set(name, times);
      return [key, times === 1 ? name : `${name} (${times})`];
    }),
  );
}

/**
 * Ids of duplications and tables, ports and pids; the index of a partition stays.
 *
 * @example withoutNumbers('duplication/17/followerTable') // 'duplication/#/followerTable'
 * @example withoutNumbers('duplicator/17/5', 5) // 'duplicator/#/5'
 */
export function withoutNumbers(actor: string, partition: number | null = null): string {
  let first = true;
  return actor.replace(/(?<=^|[/.:#@-])\d+(?=$|[/.:#@-])/g, (digits) => {
    const kept = !first && partition !== null && Number(digits) === partition;
    first = false;
    return kept ? digits : '#';
  });
}

function actorTurn(line: TimedLine, moment: number): Turn | null {
  switch (line.t) {
    case 'actor':
      return turnOf(moment, line.already ? 'is there' : 'begins', [], stateInWords(line.state));
    case 'end':
      return turnOf(moment, 'ends', [], line.status);
    case 'step':
      return line.state === undefined
        ? null
        : turnOf(moment, eventInWords(line.event.type), line.edges, stateInWords(line.state), line.event);
    default:
      return null;
  }
}

function turnOf(
  moment: number,
  event: string,
  edges: readonly string[],
  result: string,
  payload: Json = null,
): Turn {
  return { moment, label: `${event}|${edges.join(',')}|${result}`, event, edges, result, payload };
}

function channelOf({ from, to, kind, what, gpid }: MessageInfo): string {
  const partition = gpid?.split('.')[1];
  const of = partition === undefined ? '' : ` of partition ${partition}`;
  return `${what === 'reply' ? `reply to ${kind}` : kind}${of} from ${from} to ${to}`;
}

const FATES: Record<Fate, string> = {
  arrived: 'arrives',
  denied: 'is denied by policy',
  dropped: 'is dropped by policy',
  lost: 'is lost',
  'under way': 'stays under way',
};

function messageTurn(message: MessageInfo): Turn {
  const { error, kind, sent, received, delayed, body } = message;
  const fate = FATES[fateOf(message)];
  const how = `${fate}${received.length > 1 ? ' more than once' : ''}${delayed ? ' late' : ''}`;
  return turnOf(sent, kind, [], `${how}${error === null ? '' : ` with ${error}`}`, body ?? null);
}

/** Going round once more is no difference: how often something is polled or retried is a matter of time. */
function pushUnlessRepeated(turns: Turn[], turn: Turn): void {
  turns.push(turn);
  for (let round = 1; round <= LONGEST_ROUND; round += 1) {
    const again = turns.slice(-round);
    const before = turns.slice(-2 * round, -round);
    if (before.length === round && again.every(({ label }, at) => label === before[at]?.label)) {
      turns.length -= round;
      return;
    }
  }
}
