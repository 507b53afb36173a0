/** `bridle status`: what a cluster is and how far its duplications are. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { ENV_DENY_CLIENT_REQUEST, ENV_FENCE } from '../../machines/vocabulary.js';
import type { ServerInfo, TableInfo } from '../client/index.js';
import { type DuplicationSnapshot, snapshotDuplications } from '../live/index.js';
import { type FenceNote, fenceLine, parseFenceNote } from '../observe/fence.js';
import { formatAddress } from '../pegasus/address.js';
import { type CommandContext, perform } from './context.js';
import { EXIT } from './exit-codes.js';
import { formatFacts, formatMs, formatTable } from './output.js';

const WATCH_PERIOD_MS = 1_000;
/** Without a terminal, in which nothing can be written over. */
const WATCH_LINES_PERIOD_MS = 2_000;

interface StatusOptions {
  readonly watch?: boolean;
  readonly cutOver?: boolean;
}

interface Status {
  readonly cluster: string;
  readonly meta: string;
  readonly servers: readonly ServerInfo[];
  readonly tables: readonly TableInfo[];
  readonly duplications: readonly DuplicationSnapshot[];
}

export function addStatusCommand(program: Command): void {
  program
    .command('status')
    .description('servers, tables and duplications, one row each')
    .argument('[table]', 'only the duplications of this table')
    .option('--watch', 'again and again, until Ctrl-C or until the duplications of the table are gone')
    .option('--cut-over', 'also why clients could not be moved to the follower now')
    .addHelpText(
      'after',
      `
Examples:
  $ bridle status
  $ bridle status users --watch
  $ bridle status --json | jq '.duplications[] | {table, status, lagDecrees, next}'`,
    )
    .action((table: string | undefined, options: StatusOptions, command: Command) =>
      perform(command, async (context) => {
        if (options.watch !== true) return once(context, table, options);
        return watch(context, table, options);
      }),
    );
}

async function once(
  context: CommandContext,
  table: string | undefined,
  options: StatusOptions,
): Promise<undefined> {
  const status = await read(context, table);
  context.out.result(toJson(status), () => toText(status, table, options));
}

async function watch(
  context: CommandContext,
  table: string | undefined,
  options: StatusOptions,
): Promise<number | undefined> {
  const terminal = process.stdout.isTTY === true && !context.out.json;
  let last = '';
  while (!context.signal.aborted) {
    const status = await read(context, table);
    const text = context.out.json ? JSON.stringify(toJson(status)) : toText(status, table, options);
    if (terminal) process.stdout.write('\u001b[H\u001b[2J');
    // A program gets every look, which also finds out whether anybody still reads.
    if (terminal || context.out.json || text !== last) context.out.line(text);
    last = text;
    if (table !== undefined && status.duplications.length === 0) return EXIT.ok;
    await sleep(terminal ? WATCH_PERIOD_MS : WATCH_LINES_PERIOD_MS, undefined, {
      signal: context.signal,
    }).catch(() => {});
  }
  return EXIT.interrupted;
}

async function read(context: CommandContext, table: string | undefined): Promise<Status> {
  const cluster = await openOnce(context);
  const [servers, tables, duplications] = await Promise.all([
    cluster.listNodes(context.limits),
    cluster.listTables(context.limits),
    snapshotDuplications(cluster, table, context.limits),
  ]);
  return {
    cluster: cluster.name,
    meta: cluster.meta.map(formatAddress).join(','),
    servers,
    tables: table === undefined ? tables : tables.filter(({ name }) => name === table),
    duplications,
  };
}

const opened = new WeakMap<CommandContext, ReturnType<CommandContext['cluster']>>();

/** One connection for all rounds of --watch. */
function openOnce(context: CommandContext): ReturnType<CommandContext['cluster']> {
  const cluster = opened.get(context) ?? context.cluster();
  opened.set(context, cluster);
  return cluster;
}

/** A table that refuses requests of its clients. */
interface Fenced {
  readonly table: string;
  readonly denial: string;
  readonly note: FenceNote | null;
  readonly line: string;
}

function fencedIn(tables: readonly TableInfo[]): readonly Fenced[] {
  return tables.flatMap(({ name: table, envs }) => {
    const denial = envs[ENV_DENY_CLIENT_REQUEST];
    if (denial === undefined) return [];
    const note = parseFenceNote(envs[ENV_FENCE]);
    return [{ table, denial, note, line: fenceLine(table, note, denial) }];
  });
}

function toJson({ duplications, ...status }: Status) {
  return {
    ...status,
    fences: fencedIn(status.tables),
    duplications: duplications.map(({ info, explanation, progress }) => ({
      ...info,
      stage: progress.stage,
      prepared: progress.prepared,
      ready: progress.ready,
      lagDecrees: progress.lagDecrees,
      copiedBytes: progress.copiedBytes,
      totalBytes: progress.totalBytes,
      inStatusMs: progress.inStatusMs,
      blocked: progress.blocked,
      canCutOver: progress.canCutOver,
      cutOverReasons: progress.cutOverReasons,
      headline: explanation.headline,
      line: explanation.line,
      operatorCan: explanation.operatorCan,
      next: explanation.next,
    })),
  };
}

function toText(
  { cluster, meta, servers, tables, duplications }: Status,
  table: string | undefined,
  { cutOver = false }: StatusOptions,
): string {
  const alive = servers.filter((server) => server.alive).length;
  const head = formatFacts([
    ['cluster', `${cluster} at ${meta}`],
    ['servers', `${alive} of ${servers.length} alive`],
    ['tables', tables.map(({ name }) => name).join(', ') || 'none'],
  ]);
  const fences = fencedIn(tables)
    .map(({ line }) => `\n${line}`)
    .join('');
  if (duplications.length === 0) {
    return `${table === undefined ? `${head}\n` : ''}no duplications${table === undefined ? '' : ` of table ${table}`}${fences}`;
  }
  const rows = duplications.map(({ info, explanation, progress }) => [
    info.table,
    String(info.dupid),
    `${info.status}${progress.blocked ? ' BLOCKED' : ''}`,
    `${info.remoteCluster}/${info.remoteTable}`,
    stageText(progress),
    progress.lagDecrees === undefined ? '?' : String(progress.lagDecrees),
    progress.inStatusMs > 0 ? formatMs(progress.inStatusMs) : '?',
    explanation.next,
  ]);
  const header = ['TABLE', 'ID', 'STATUS', 'FOLLOWER', 'PARTITIONS', 'LAG', 'FOR', 'NEXT'];
  const reasons = cutOver ? `\n\n${cutOverText(duplications)}` : '';
  const body = `${formatTable(header, rows)}${reasons}${fences === '' ? '' : `\n${fences}`}`;
  return table === undefined ? `${head}\n\n${body}` : body;
}

function cutOverText(duplications: readonly DuplicationSnapshot[]): string {
  const rows = duplications.flatMap(({ info, progress: { cutOverReasons } }) =>
    cutOverReasons.length === 0
      ? [[info.table, 'could begin', '']]
      : cutOverReasons.map(({ kind, text }) => [
          info.table,
          kind === 'wait' ? 'waits' : 'needs somebody',
          text,
        ]),
  );
  return formatTable(['TABLE', 'CUT-OVER', 'WHY NOT'], rows);
}

function stageText({ stage, prepared, ready, partitionCount }: DuplicationSnapshot['progress']): string {
  if (stage === 'preparing') return `${prepared ?? '?'}/${partitionCount} prepared`;
  if (stage === 'copying') return `${ready ?? '?'}/${partitionCount} copied`;
  return `${partitionCount} ${stage}`;
}
