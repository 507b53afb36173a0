/** What a line is about, and how to say it in a few words. */
import type { Json, StateValue, TimedLine } from '../../../runtime/observe/recording/lines.js';
import type { MessagesById } from './messages.js';
import type { ActorKey, MessageInfo, Moment } from './types.js';
import { actorKey, isRecord } from './world.js';

/** Where facts are found that a line alone does not tell. */
export interface Surroundings {
  readonly messages: MessagesById;
  partitionOf(actor: ActorKey): number | null;
}

export function momentOf(line: TimedLine, index: number, around: Surroundings): Moment {
  const message = 'id' in line ? line.id : null;
  const actor = 'actor' in line ? actorKey(line.process, line.actor) : null;
  return {
    index,
    line,
    at: line.at,
    process: processOf(line, around.messages),
    actor,
    message,
    partition: partitionOf(line, actor, around),
    summary: summaryOf(line, around.messages),
  };
}

export function processOf(line: TimedLine, messages: MessagesById): string | null {
  if ('process' in line && line.process !== undefined) return line.process;
  return line.t === 'lost' ? (messages.get(line.id)?.from ?? null) : null;
}

export function partitionOf(
  line: TimedLine,
  actor: ActorKey | null,
  { messages, partitionOf: ofActor }: Surroundings,
): number | null {
  if (actor !== null) return ofActor(actor);
  switch (line.t) {
    case 'send':
      return partitionOfGpid(line.gpid);
    case 'receive':
    case 'lost':
      return partitionOfGpid(messages.get(line.id)?.gpid);
    case 'partitions':
      return line.changed.length === 1 ? (line.changed[0]?.partition ?? null) : null;
    default:
      return null;
  }
}

function partitionOfGpid(gpid: string | null | undefined): number | null {
  const index = gpid?.split('.')[1];
  return index === undefined ? null : Number(index);
}

/** Event type or message kind; null where there is neither. */
export function kindOf(line: TimedLine, messages: MessagesById): string | null {
  switch (line.t) {
    case 'step':
      return line.event.type;
    case 'send':
      return line.kind;
    case 'receive':
    case 'lost':
      return messages.get(line.id)?.kind ?? null;
    default:
      return null;
  }
}

/**
 * State value as a path; regions of a parallel state are joined by `+`.
 *
 * @example stateInWords({ asking: 'looking' }) // 'asking.looking'
 */
export function stateInWords(value: StateValue | null): string {
  if (value === null) return 'no state';
  if (typeof value === 'string') return value;
  return Object.entries(value)
    .map(([key, below]) => {
      const inside = stateInWords(below);
      return inside === '' ? key : `${key}.${inside.includes(' + ') ? `(${inside})` : inside}`;
    })
    .join(' + ');
}

/** XState's own names of events, for people: `after requestDeadline`, `done followerTable`. */
export function eventInWords(type: string): string {
  const [, kind, rest = ''] =
    /^xstate\.(after|done\.actor|done\.state|error\.actor|snapshot)\.(.*)$/s.exec(type) ?? [];
  if (kind === undefined) return type;
  if (kind === 'after') return `after ${rest.replace(/\..*$/s, '')}`;
  return `${kind.replace('.actor', '').replace('.state', '')} ${rest}`;
}

export function summaryOf(line: TimedLine, messages: MessagesById): string {
  switch (line.t) {
    case 'process':
      return `${line.process} ${PROCESS_WORDS[line.what]}${line.why === undefined ? '' : `: ${line.why}`}`;
    case 'actor':
      return `${line.actor} ${line.already ? 'is there' : 'begins'}${line.state === null ? '' : ` in ${stateInWords(line.state)}`}`;
    case 'end':
      return `${line.actor} ${END_WORDS[line.status]}`;
    case 'step':
      return `${eventInWords(line.event.type)}${stepResult(line)}`;
    case 'send':
      return `${called(line)} to ${line.to}${line.fate === undefined ? '' : `, ${line.fate}`}`;
    case 'receive':
      return `${arrived(messages.get(line.id))}${line.copy ? ', a copy' : ''}${line.fate === undefined ? '' : `, ${line.fate} by policy`}`;
    case 'lost':
      return `${calledInfo(messages.get(line.id))} lost: ${line.why}`;
    case 'fault':
      return line.what;
    case 'note':
      return line.text;
    case 'explain':
      return explanationLine(line.explanation);
    case 'partitions':
      return `${line.table}/${line.duplication}: ${line.changed.length} of ${line.count} partitions changed`;
    case 'gap':
      return `${line.lines ?? 'unknown number of'} lines of ${line.process} missing: ${line.why}`;
    case 'verdict':
      return `${line.property} ${VERDICT_WORDS[line.verdict]}: ${line.why}`;
  }
}

function stepResult(line: Extract<TimedLine, { t: 'step' }>): string {
  if (line.state !== undefined) return ` → ${stateInWords(line.state)}`;
  if (line.edges.length > 0) return ', state stays';
  return ', nothing happens';
}

const PROCESS_WORDS = { up: 'is up', died: 'died', ended: 'ended', restarted: 'is up again' } as const;
const END_WORDS = { done: 'has come to its end', stopped: 'was stopped', error: 'failed' } as const;
const VERDICT_WORDS = { holds: 'holds', violated: 'is violated', unknown: 'is not decided' } as const;

type Called = Pick<MessageInfo, 'kind' | 'what' | 'error'>;

function called(line: { kind: string; what: MessageInfo['what']; error?: string }): string {
  const { kind, what, error } = line;
  return `${what === 'reply' ? `reply to ${kind}` : kind}${error === undefined ? '' : ` (${error})`}`;
}

function calledInfo(message: Called | undefined): string {
  if (message === undefined) return 'a message whose sending was not recorded is';
  const { kind, what, error } = message;
  return called({ kind, what, ...(error === null ? {} : { error }) });
}

function arrived(message: MessageInfo | undefined): string {
  return message === undefined
    ? 'a message whose sending was not recorded'
    : `${calledInfo(message)} from ${message.from}`;
}

function explanationLine(explanation: Json): string {
  if (!isRecord(explanation)) return 'explanation';
  const { headline, line } = explanation;
  if (typeof headline === 'string' && headline !== '') return headline;
  return typeof line === 'string' ? line : 'explanation';
}
