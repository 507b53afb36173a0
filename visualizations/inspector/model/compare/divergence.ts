/** Where two runs of the same actor, process or channel part, in words. */
import { jsonDifferences } from '../differences.js';
import { eventInWords } from '../moments.js';
import type { RecordingIndex } from '../recording-index.js';
import type { Difference } from '../types.js';
import type { Track, Turn } from './turns.js';

export interface Divergence {
  /** What differs first. `missing`: one run says nothing where the other goes on. */
  readonly kind: 'event' | 'edge' | 'state' | 'message' | 'missing';
  /** The actor, process or channel, by a name that both recordings have. */
  readonly who: string;
  /** Moments; null: there is none on that side. */
  readonly a: number | null;
  readonly b: number | null;
  /** Last moments before them that are the same; -1: they differ from the beginning. */
  readonly sameUntil: { readonly a: number; readonly b: number };
  readonly words: string;
}

interface Side {
  readonly index: RecordingIndex;
  readonly turn: Turn | undefined;
  /** Moment of the last turn that is the same. */
  readonly same: number;
  /** Key of the actor, if it is one. */
  readonly actor: string | null;
}

export function describe(track: Track, a: Side, b: Side): Divergence {
  const place = {
    who: track.name,
    a: a.turn?.moment ?? null,
    b: b.turn?.moment ?? null,
    sameUntil: { a: a.same, b: b.same },
  };
  const { turn: here } = a;
  const { turn: there } = b;
  const [kind, words] = ((): [Divergence['kind'], string] => {
    if (track.kind === 'messages')
      return ['message', `${phrase(track, here)} here, ${phrase(track, there)} there`];
    if (here === undefined || there === undefined) {
      const ignored = here === undefined ? ignoredBy(a, there) : ignoredBy(b, here);
      const [one, other] = [phrase(track, here), phrase(track, there)];
      if (ignored !== null)
        return [
          'edge',
          here === undefined ? `${ignored} here, ${other} there` : `${one} here, ${ignored} there`,
        ];
      return ['missing', `${one} here, ${other} there`];
    }
    if (here.event !== there.event) return ['event', eventWords(a, here, b, there)];
    const why = payloadWords(here, there);
    if (here.edges.join() !== there.edges.join()) {
      return ['edge', `${here.event} leads to ${here.result} here, to ${there.result} there${why}`];
    }
    return ['state', `after ${here.event} it is in ${here.result} here, in ${there.result} there${why}`];
  })();
  return { kind, ...place, words: `${track.name}: ${words}` };
}

/** Somebody may have got the same event and done nothing about it. */
function eventWords(a: Side, here: Turn, b: Side, there: Turn): string {
  const ignoredThere = ignoredBy(b, here);
  if (ignoredThere !== null) return `${here.event} leads to ${here.result} here, ${ignoredThere} there`;
  const ignoredHere = ignoredBy(a, there);
  if (ignoredHere !== null) return `${ignoredHere} here, ${there.event} leads to ${there.result} there`;
  return `${here.event} leads to ${here.result} here, ${there.event} to ${there.result} there`;
}

/** Between the last common turn and the next of its own: the other's event, without any effect. */
function ignoredBy({ index, turn, same, actor }: Side, other: Turn | undefined): string | null {
  if (actor === null || other === undefined) return null;
  const until = turn?.moment ?? Number.POSITIVE_INFINITY;
  for (const moment of index.momentsOf(actor)) {
    if (moment <= same || moment >= until) continue;
    const line = index.lines[moment];
    if (line?.t === 'step' && line.state === undefined && eventInWords(line.event.type) === other.event) {
      return `${other.event} leaves the state as it is${payloadWords(other, { payload: line.event })}`;
    }
  }
  return null;
}

function phrase(track: Track, turn: Turn | undefined): string {
  if (turn === undefined) return track.kind === 'messages' ? 'no more of it' : 'nothing more happens';
  if (track.kind === 'messages') return `it ${turn.result}`;
  return turn.result === '' ? turn.event : `${turn.event}: ${turn.result}`;
}

const LIMIT_DIFFERENCES = 3;
/** Given out anew in each run. */
const OF_A_RUN = /(^|\.)(requestNo|writeNo|id|at|sentAt|pid|port|type)$/;

function payloadWords(here: Pick<Turn, 'payload'>, there: Pick<Turn, 'payload'>): string {
  const found = jsonDifferences('', here.payload, there.payload).filter(({ path }) => !OF_A_RUN.test(path));
  if (found.length === 0) return '';
  return ` (${found.slice(0, LIMIT_DIFFERENCES).map(inWords).join('; ')})`;
}

function inWords({ path, before, after }: Difference): string {
  return `${path.replace(/^\./, '')} ${said(before)} against ${said(after)}`;
}

function said(value: Difference['before']): string {
  if (value === undefined) return 'missing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= 40 ? text : `${text.slice(0, 40)}…`;
}
