/** A part of a recording that is a recording itself. */
import type {
  ActorLine,
  HeaderLine,
  Json,
  RecordingLine,
  TimedLine,
} from '../../../../runtime/observe/recording/lines.js';
import { writeRecording } from '../../../../runtime/observe/recording/write.js';
import type { RecordingIndex } from '../recording-index.js';
import type { ActorInfo, ActorState, MessageInfo } from '../types.js';
import { rangeOf, type Selection } from './selection.js';

/**
 * The lines of a range of moments, after lines that say how everything was just before it, each with the
 * time since which it was so. A filter is not heeded: with steps left out, states would be wrong.
 *
 * @throws ExportError for moments that there are not
 */
export function partOf(
  index: RecordingIndex,
  selection: Omit<Selection, 'filter'>,
): { readonly header: HeaderLine; readonly lines: readonly RecordingLine[] } {
  const [from, to] = rangeOf(index, selection);
  const whole = from === 0 && to === index.length - 1;
  const charts = [...index.charts].map(
    ([chart, diagram]): RecordingLine => ({ t: 'chart', chart, diagram: diagram as unknown as Json }),
  );
  const title = whole ? index.header.title : `${index.header.title} (moments ${from} to ${to})`;
  return {
    header: { ...index.header, title },
    lines: [...charts, ...before(index, from), ...index.lines.slice(from, to + 1)],
  };
}

/** @throws ExportError for moments that there are not */
export function exportJsonLines(index: RecordingIndex, selection: Selection = {}): string {
  const { header, lines } = partOf(index, selection);
  return writeRecording(header, lines);
}

/** How everything is before a moment, as lines in the order of their times. */
function before(index: RecordingIndex, from: number): TimedLine[] {
  if (from === 0) return [];
  const world = index.at(from - 1);
  const at = index.lines[from - 1]?.at ?? 0;
  const known: TimedLine[] = [];
  for (const { name, role, cluster, address } of index.processes) {
    const process = world.processes.get(name);
    if (process === undefined) continue;
    known.push({
      t: 'process',
      at: process.sinceAt,
      process: name,
      what: process.what,
      role,
      ...(cluster === null ? {} : { cluster }),
      ...(address === null ? {} : { address }),
    });
  }
  for (const info of index.actors) {
    const actor = world.actors.get(info.key);
    if (actor !== undefined) known.push(...actorLines(info, actor));
  }
  for (const message of index.messages.values()) {
    const send = index.lines[message.sent];
    if (send !== undefined && underWay(message, from)) known.push(send);
  }
  known.sort((a, b) => a.at - b.at);
  for (const explanation of world.explanations.values()) known.push({ t: 'explain', at, explanation });
  for (const [key, changed] of world.partitions) {
    const slash = key.lastIndexOf('/');
    const [table, duplication] = [key.slice(0, slash), Number(key.slice(slash + 1))];
    known.push({ t: 'partitions', at, table, duplication, count: changed.length, changed });
  }
  return known;
}

function* actorLines(info: ActorInfo, actor: ActorState): Generator<TimedLine> {
  const { process, actor: name, parent, chart, partition } = info;
  const { inbox, outbox, underWay } = actor.mail;
  const line: ActorLine = {
    t: 'actor',
    at: actor.sinceAt,
    process,
    actor: name,
    parent: parent === null ? null : parent.slice(process.length + 1),
    chart,
    state: actor.state,
    context: actor.context,
    ...(partition === null ? {} : { partition }),
    already: true,
    ...(inbox + outbox + underWay === 0 ? {} : { mail: actor.mail }),
  };
  yield line;
  const { status } = actor;
  if (status !== 'active') yield { t: 'end', at: actor.sinceAt, process, actor: name, status };
}

/** Sent before a moment, and nothing was known of it until then. */
function underWay({ sent, received, lost }: MessageInfo, moment: number): boolean {
  const told = [...received, ...(lost === null ? [] : [lost])];
  return sent < moment && (told.length === 0 || told.some((each) => each >= moment));
}
