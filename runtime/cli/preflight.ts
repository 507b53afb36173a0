/** `bridle preflight`: can this duplication work? Looked at before anything is created. */
import { type Command, Option } from 'commander';
import { EXISTING_TABLE_POLICIES, type ExistingTablePolicy } from '../../machines/vocabulary.js';
import {
  type Finding,
  type PreflightOptions,
  type PreflightReport,
  preflight,
  type Verdict,
} from '../live/index.js';
import { parseWhole, perform } from './context.js';
import { EXIT } from './exit-codes.js';
import { formatFacts, formatMs, formatTable, plural } from './output.js';

/** The part of a command's options that says what is to be duplicated, and to where. */
interface PreflightCommandOptions {
  readonly to: string;
  readonly remoteTable?: string;
  readonly remoteMeta?: string;
  readonly remoteReplicas?: number;
  readonly ifExists: ExistingTablePolicy;
}

export function addPreflightCommand(program: Command): void {
  program
    .command('preflight')
    .description('can a table be duplicated to that cluster? looks at everything, changes nothing')
    .argument('<table>')
    .requiredOption('--to <cluster>', 'name of the follower cluster')
    .option('--remote-table <name>', 'name of the table there (default: the same)')
    .option('--remote-meta <host:port,…>', 'meta servers of the follower (default: as the source knows them)')
    .option('--remote-replicas <n>', 'replicas of each partition there', parseWhole)
    .addOption(
      new Option('--if-exists <policy>', 'as duplicate would be told about a table that is there already')
        .choices(EXISTING_TABLE_POLICIES)
        .default('adopt'),
    )
    .addHelpText(
      'after',
      `
The servers of both clusters try every way of the duplication with real requests, each under its own name.

Exit code 0 when nothing stands in the way, 1 when it would fail as things are, 3 when a cluster was not
reached, 4 when somebody has to change something first. What cannot be looked at is told, and is no error.

Examples:
  $ bridle preflight users --to west
  $ bridle preflight users --to west --remote-meta 127.0.0.1:34701 --json`,
    )
    .action((table: string, options: PreflightCommandOptions, command: Command) =>
      perform(command, async (context) => {
        const source = await context.cluster();
        const { signal } = context;
        const report = await preflight({ source, table, signal, ...preflightOptions(options) });
        context.out.result(report, () => formatPreflight(report));
        return exitCodeOfVerdict(report.verdict);
      }),
    );
}

export function preflightOptions(
  options: PreflightCommandOptions,
): Omit<PreflightOptions, 'source' | 'table'> {
  return {
    target: options.to,
    remoteMeta: options.remoteMeta,
    remoteTable: options.remoteTable,
    replicaCount: options.remoteReplicas,
    existingTable: options.ifExists,
  };
}

const EXIT_CODES: Readonly<Record<Verdict, number>> = {
  ready: EXIT.ok,
  'would-fail': EXIT.failed,
  'not-reached': EXIT.notReachable,
  'change-first': EXIT.needsOperator,
};

export const exitCodeOfVerdict = (verdict: Verdict): number => EXIT_CODES[verdict];

const IN_WORDS: Readonly<Record<Verdict, string>> = {
  ready: 'nothing that was looked at stands in the way',
  'would-fail': 'would fail as things are',
  'not-reached': 'a cluster was not reached',
  'change-first': 'somebody has to change something first',
};

/** Many nodes make many ways, and one reason shuts many of them. */
const ROWS_OF_A_CHECK = 8;

export function formatPreflight(report: PreflightReport): string {
  const { table, sourceCluster, followerCluster, remoteTable, verdict, counts, elapsedMs, next } = report;
  const counted = [
    plural(counts.error, 'error'),
    plural(counts.warning, 'warning'),
    plural(counts.note, 'note'),
    `${counts.ok} ok`,
    `${counts.uncheckable} not checkable here`,
  ];
  const head = formatFacts([
    ['preflight', `${sourceCluster}/${table} → ${followerCluster}/${remoteTable}`],
    ['verdict', `${IN_WORDS[verdict]} (${counted.join(', ')}; ${formatMs(elapsedMs)})`],
    ['next', next],
  ]);
  const groups = new Map<string, Finding[]>();
  for (const finding of report.findings) {
    // What is unknown for one reason is told once.
    const key = finding.checked ? `${finding.severity} ${finding.code}` : `? ${finding.next}`;
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  const rows = [...groups.values()].flatMap((group) =>
    group[0]?.checked === false ? unknownRows(group) : group.slice(0, ROWS_OF_A_CHECK).flatMap(rowsOf),
  );
  const left = [...groups.values()]
    .filter(([first]) => first?.checked === true)
    .reduce((sum, { length }) => sum + Math.max(0, length - ROWS_OF_A_CHECK), 0);
  const more = left === 0 ? '' : `\n${plural(left, 'more finding')} of the same kind; --json has all`;
  return `${head}\n\n${formatTable(['', 'CHECK', 'FINDING'], rows)}${more}`;
}

function unknownRows(group: readonly Finding[]): string[][] {
  const [first, ...others] = group;
  if (first === undefined || others.length === 0) return group.flatMap(rowsOf);
  const codes = group.map(({ code }) => code).join(', ');
  return [
    ['?', `${group.length} checks`, `not checkable here: ${codes}`],
    ['', '', `  next: ${first.next}`],
  ];
}

function rowsOf({ severity, code, what, next, checked }: Finding): string[][] {
  const row = [checked ? severity : '?', code, what];
  return next === null ? [row] : [row, ['', '', `  next: ${next}`]];
}
