/** Which moments somebody wants to see. */
import type { TimedLine } from '../../../runtime/observe/recording/lines.js';
import type { MessagesById } from './messages.js';
import { kindOf, partitionOf, processOf, type Surroundings, summaryOf } from './moments.js';
import type { Filter } from './types.js';
import { actorKey } from './world.js';

export const NO_FILTER: Filter = {
  text: '',
  actors: [],
  processes: [],
  kinds: [],
  partitions: [],
  hideRoutine: false,
};

/** Sent again and again as long as all is well. */
const ROUTINE_KINDS = new Set([
  'RPC_BRIDLE_NODE_SYNC',
  'RPC_CM_DUPLICATION_SYNC',
  'RPC_CM_QUERY_DUPLICATION',
  'RPC_CM_LIST_DUPLICATION',
  'RPC_CM_LIST_APPS',
  'RPC_CM_LIST_NODES',
  'RPC_CM_CLUSTER_INFO',
  'RPC_CLI_CLI_CALL',
]);

export function isEmpty(filter: Filter): boolean {
  return (
    filter.text.trim() === '' &&
    filter.actors.length === 0 &&
    filter.processes.length === 0 &&
    filter.kinds.length === 0 &&
    filter.partitions.length === 0 &&
    !filter.hideRoutine
  );
}

/** A filter made ready to be asked about many lines. */
export function filterOf(filter: Filter, around: Surroundings): (line: TimedLine) => boolean {
  const { messages } = around;
  const words = filter.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const actors = new Set(filter.actors);
  const processes = new Set(filter.processes);
  const kinds = new Set(filter.kinds);
  const partitions = new Set(filter.partitions);
  return (line) => {
    if (filter.hideRoutine && isRoutine(line, messages)) return false;
    const actor = 'actor' in line ? actorKey(line.process, line.actor) : null;
    if (actors.size > 0 && (actor === null || !actors.has(actor))) return false;
    if (processes.size > 0 && !concerns(line, processes, messages)) return false;
    if (kinds.size > 0 && !kinds.has(kindOf(line, messages) ?? '')) return false;
    if (partitions.size > 0) {
      const partition = partitionOf(line, actor, around);
      if (partition === null || !partitions.has(partition)) return false;
    }
    return words.length === 0 || says(line, words, messages);
  };
}

/** A message concerns the process that it is sent to as well. */
function concerns(line: TimedLine, processes: ReadonlySet<string>, messages: MessagesById): boolean {
  const process = processOf(line, messages);
  if (process !== null && processes.has(process)) return true;
  if (line.t === 'send') return processes.has(line.to);
  if (line.t === 'lost') return processes.has(messages.get(line.id)?.to ?? '');
  return false;
}

function says(line: TimedLine, words: readonly string[], messages: MessagesById): boolean {
  const kind = line.t === 'receive' || line.t === 'lost' ? (kindOf(line, messages) ?? '') : '';
  const text = `${summaryOf(line, messages)} ${kind} ${JSON.stringify(line)}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** What comes again and again and changed nothing. Trouble is never routine. */
export function isRoutine(line: TimedLine, messages: MessagesById): boolean {
  switch (line.t) {
    case 'note':
      return line.level === 'info';
    case 'step':
      return line.edges.length === 0 && line.state === undefined && line.changes === undefined;
    case 'send':
      return line.fate !== 'lost' && line.error === undefined && ROUTINE_KINDS.has(line.kind);
    case 'receive':
      return line.fate === undefined && ROUTINE_KINDS.has(messages.get(line.id)?.kind ?? '');
    case 'partitions':
      return line.changed.every(({ trouble }) => trouble === undefined);
    default:
      return false;
  }
}
