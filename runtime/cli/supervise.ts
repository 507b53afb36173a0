/** `bridle supervise`: drives a duplication to DS_LOG and keeps it there, on clusters that somebody else runs. */
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { shellWord } from '../../machines/errors.js';
import { HEALS, type HealKind } from '../../machines/supervisorHeals.js';
import { BridleError, type Cluster } from '../client/index.js';
import {
  type Finding,
  type Supervision,
  type SupervisionEvent,
  type SupervisionResult,
  supervise,
} from '../live/index.js';
import { type CommandContext, parseSeconds, parseWhole, perform } from './context.js';
import { EXIT, exitCodeOf } from './exit-codes.js';
import { formatExplanation } from './explain.js';
import { formatFacts, plural } from './output.js';
import { findMetas } from './state-file.js';

interface SuperviseCommandOptions {
  readonly to: string;
  readonly follower?: string;
  readonly remoteTable?: string;
  readonly remoteReplicas?: number;
  readonly once?: boolean;
  readonly verify?: boolean;
  readonly heal: readonly HealKind[];
  readonly healLimit?: number;
  readonly stuckAfter?: number;
  readonly patience?: number;
  readonly journal?: string;
}

export function addSuperviseCommand(program: Command): void {
  program
    .command('supervise')
    .description(
      'drive a duplication to DS_LOG and heal what stands in its way, on clusters of somebody else',
    )
    .argument('<table>')
    .requiredOption('--to <cluster>', 'name of the follower cluster')
    .option(
      '--follower <host:port>',
      'meta servers of the follower cluster; may be left out where bridle up started it',
    )
    .option('--remote-table <name>', 'name of the table there (default: the same)')
    .option('--remote-replicas <n>', 'replicas of each partition there', parseWhole)
    .option('--once', 'end in DS_LOG, or when somebody has to decide; else it goes on until Ctrl-C')
    .option('--verify', 'compare both sides, every row, as soon as a copy is there')
    .option(
      '--heal <list>',
      `what may be destroyed: ${HEALS.join(', ')}, separated by commas`,
      parseHeals,
      [],
    )
    .option('--heal-limit <n>', 'healings in all, as the journal counts them (default: 2)', parseWhole)
    .option(
      '--stuck-after <seconds>',
      'how long it may stand still without a word (default: 120)',
      parseSeconds,
    )
    .option(
      '--patience <seconds>',
      'how long a way may stay shut before it is told (default: 900)',
      parseSeconds,
    )
    .option('--journal <file>', 'what was begun is written there first (default: in --data)')
    .addHelpText(
      'after',
      `
The same command again goes on where the one before has ended, however it ended. Without --heal nothing is
ever removed or dropped:
  drop-orphan    the table that this duplication has made and cannot take up (apache/incubator-pegasus#2146)
  drop-leftover  the table that an earlier duplication of this source table has left
  recopy         a copy that is not complete any more, or not equal
A table of anybody else is left alone, and what is paused stays paused.

Exit codes: 0 in DS_LOG (and equal, with --verify), 1 somebody has to decide (the next command is told),
3 a cluster was not reached, 130 after Ctrl-C.

Examples:
  $ bridle supervise users --to west --once --verify
  $ bridle supervise users --to west --heal drop-orphan
  $ bridle supervise users --to west --follower 10.0.0.7:34601 --journal /var/lib/bridle/users.json --json`,
    )
    .action((table: string, options: SuperviseCommandOptions, command: Command) =>
      perform(command, (context) => run(table, options, context)),
    );
}

function parseHeals(text: string): readonly HealKind[] {
  const words = text.split(',').map((word) => word.trim());
  return words.map((word) => {
    const known = HEALS.find((kind) => kind === word);
    if (known === undefined) throw new InvalidArgumentError(`It has to be of ${HEALS.join(', ')}.`);
    return known;
  });
}

async function run(
  table: string,
  options: SuperviseCommandOptions,
  context: CommandContext,
): Promise<number> {
  const { to, remoteTable, remoteReplicas, once = false, verify = false, heal, healLimit } = options;
  const source = await context.cluster();
  const target = await openTarget(to, options, context);
  const { patience } = options;
  await using supervision = await supervise({
    source,
    target,
    table,
    remoteTable,
    replicaCount: remoteReplicas,
    once,
    verify,
    heal,
    healLimit,
    noProgressMs: options.stuckAfter,
    ...(patience === undefined ? {} : { times: { patienceMs: patience } }),
    journal: resolve(options.journal ?? join(context.data, `supervise-${table}-${to}.json`)),
  });
  // Awaited here: leaving the block stops the work.
  return await watch(supervision, context, (next) => withOptions(next, options));
}

async function openTarget(
  to: string,
  { follower }: SuperviseCommandOptions,
  context: CommandContext,
): Promise<Cluster> {
  const usage = (hint: string) => BridleError.of('BRIDLE_USAGE', { operation: 'supervise', hint });
  const metas = follower ?? (await findMetas(to, context.data));
  if (metas === undefined) throw usage(`where cluster ${to} is nobody has said; give --follower HOST:PORT`);
  const target = await context.open(metas);
  if (target.name !== to) throw usage(`the cluster there is called ${target.name}, not ${to}`);
  return target;
}

/** The same command with more leave has to find the same clusters and the same journal. */
function withOptions(next: string, options: SuperviseCommandOptions): string {
  const [, heal] = /^bridle supervise .* --heal (\S+)$/.exec(next) ?? [];
  if (heal === undefined) return next;
  const { follower, remoteTable, once, verify, journal } = options;
  const given = [
    ...(follower === undefined ? [] : ['--follower', follower]),
    ...(remoteTable === undefined ? [] : ['--remote-table', remoteTable]),
    ...(journal === undefined ? [] : ['--journal', shellWord(journal)]),
    ...(once === true ? ['--once'] : []),
    ...(verify === true ? ['--verify'] : []),
    ...['--heal', [...options.heal, heal].join(',')],
  ];
  return `${next.slice(0, -` --heal ${heal}`.length)} ${given.join(' ')}`;
}

/** One line for each event, until it ends or is interrupted. */
async function watch(
  supervision: Supervision,
  context: CommandContext,
  complete: (next: string) => string,
): Promise<number> {
  const { out, signal } = context;
  const tell = (line: string, event: object): void => {
    if (out.json) out.line(JSON.stringify(event));
    else out.line(line);
  };
  tell(`journal  ${supervision.journal}`, { type: 'journal', journal: supervision.journal });
  const watching = supervision.events$.subscribe((seen) => {
    const event = seen.type === 'handedOver' ? { ...seen, next: complete(seen.next) } : seen;
    const line = lineOf(event);
    if (line !== null)
      tell(`${new Date().toISOString()}  ${line}`, { at: new Date().toISOString(), ...event });
  });
  try {
    const interrupted = new Promise<'interrupted'>((resolve) => {
      if (signal.aborted) resolve('interrupted');
      signal.addEventListener('abort', () => resolve('interrupted'), { once: true });
    });
    const ended = await Promise.race([supervision.done, interrupted]);
    if (ended === 'interrupted') return EXIT.interrupted;
    return report({ ...ended, next: complete(ended.next) }, context);
  } finally {
    watching.unsubscribe();
  }
}

/** Null for what only programs want to know. */
function lineOf(event: SupervisionEvent): string | null {
  switch (event.type) {
    case 'status':
      return `status     ${event.from ?? '?'} → ${event.to}`;
    case 'recorded':
      return `recorded   ${recordedText(event)}`;
    case 'removing':
      return `removing   duplication ${event.dupid}, its table stays`;
    case 'dropping':
      return `dropping   table ${event.appId} of ${event.owner ?? 'no owner'} at the follower`;
    case 'shut':
      return `shut       ${findingsText(event.findings)}`;
    case 'retrying':
      return 'retrying   every way is open; the source is asked to try again';
    case 'trouble':
      return `trouble    ${troubleText(event.trouble)}`;
    case 'verifying':
      return null;
    case 'verified':
      return `verified   ${plural(event.report.source, 'row')}, ${event.report.equal ? 'equal' : 'DIFFERENT'}`;
    case 'reached':
      return `reached    duplication ${event.dupid} is in DS_LOG${event.verified ? ', both sides equal' : ''}`;
    case 'handedOver':
      return `your turn  ${troubleText(event.reason)}; next: ${event.next}`;
  }
}

function recordedText({ step, dupid, heal }: Extract<SupervisionEvent, { type: 'recorded' }>): string {
  switch (step) {
    case 'adding':
      return 'a duplication is going to be added';
    case 'tracking':
      return `looking after duplication ${dupid}`;
    case 'healing':
      return `${heal?.kind}: duplication ${heal?.dupid || 'none'} and table ${heal?.appId || 'none'} are going to be taken away`;
    default:
      return 'what was in the way is gone';
  }
}

/** Many nodes make many ways, and one reason shuts many of them. */
function findingsText([first, ...others]: readonly Finding[]): string {
  if (first === undefined) return 'a way, and nobody says which';
  const more = others.length === 0 ? '' : ` (and ${plural(others.length, 'more finding')})`;
  return `${first.code}: ${first.what}${more}; ${first.next ?? 'it is tried again'}`;
}

/** What a supervisor asks for itself is no news: only what was asked of a server, and what has to be allowed, is. */
function troubleText({
  error,
  operation,
  hint,
}: {
  error: string;
  operation: string;
  hint?: string;
}): string {
  const where = /^[A-Z][a-z]/.test(operation) ? '' : ` (${operation})`;
  return `${error}${where}${hint === undefined ? '' : `: ${hint}`}`;
}

function report(result: SupervisionResult, { out }: CommandContext): number {
  const { outcome, reason, dupid, status, verified, explanation, next, journal } = result;
  const facts = {
    outcome,
    dupid,
    status,
    verified: verified?.equal ?? null,
    reason,
    next,
    journal,
    explanation,
  };
  const text = formatFacts([
    ['outcome', outcome === 'reached' ? 'it ships (DS_LOG)' : 'somebody has to decide'],
    ['status', status ?? 'not seen'],
    ...(verified === null
      ? []
      : ([
          ['verified', `${plural(verified.source, 'row')}, ${verified.equal ? 'equal' : 'different'}`],
        ] as const)),
    ...(reason === null ? [] : ([['reason', troubleText(reason)]] as const)),
    ...(reason === null ? [] : ([['which means', BridleError.of(reason.error).consequence]] as const)),
    ['next', next],
  ]);
  const told = reason === null || explanation === null ? '' : `\n\n${formatExplanation(explanation)}`;
  out.result({ type: 'result', ...facts }, `${text}${told}`);
  if (outcome === 'reached') return EXIT.ok;
  const code = exitCodeOf(BridleError.of(reason?.error ?? 'ERR_UNKNOWN'));
  return code === EXIT.notReachable ? code : EXIT.failed;
}
