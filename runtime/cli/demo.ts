/** `bridle demo`: the whole story from one command, with a proof at the end. */
import { Command, Option } from 'commander';
import type { ChartLine } from '../observe/recording/lines.js';
import { parseWhole, perform } from './context.js';
import { DEMO_FAULTS, type DemoFaultName } from './demo-faults.js';
import type { RecordedRun } from './demo-recording.js';
import { type DemoReport, runDemo } from './demo-run.js';
import { EXIT } from './exit-codes.js';
import { formatFacts, formatMs } from './output.js';
import { reportProgress } from './progress.js';

interface DemoFlags {
  readonly fault: DemoFaultName;
  readonly rows: number;
  readonly partitions: number;
  readonly replicas: number;
  readonly rate: number;
  readonly deadline: number;
  readonly keep?: string;
  readonly record?: string;
}

export function addDemoCommand(program: Command): void {
  program.addCommand(demoCommand().copyInheritedSettings(program));
}

function demoCommand(): Command {
  return new Command('demo')
    .description(
      'start two clusters, copy a table between them while a fault strikes, and prove that no row is missing',
    )
    .addOption(
      new Option('--fault <kind>', 'seed: the reply to the creation is lost and the source cannot be reached')
        .choices(DEMO_FAULTS)
        .default('seed'),
    )
    .option('--rows <n>', 'rows of the table', parseWhole, 20_000)
    .option('--partitions <n>', 'partitions of the table', parseWhole, 8)
    .option('--replicas <n>', 'replica servers of each cluster', parseWhole, 2)
    .option('--rate <n>', 'writes a second during the copy', parseWhole, 500)
    .option('--deadline <seconds>', 'give up after this long', parseWhole, 120)
    .option('--keep <dir>', 'keep both clusters’ data and logs here')
    .option('--record <file>', 'record what every server does; bridle inspect FILE shows it')
    .addHelpText(
      'after',
      '\nExamples:\n  $ bridle demo\n  $ bridle demo --fault app-exist-foreign\n  $ bridle demo --json | tail -1\n' +
        '  $ bridle demo --record run.jsonl && bridle inspect run.jsonl --out run.html\n\n' +
        'Exit code 0 only if log shipping was reached and not a row is missing, extra or different.',
    )
    .action((flags: DemoFlags, command: Command) =>
      perform(command, async (context) => {
        const { out } = context;
        const beganMs = Date.now();
        const progress = reportProgress('loading', out.json);
        const say = (text: string) => {
          const line = `${((Date.now() - beganMs) / 1000).toFixed(1).padStart(6)} s  ${text}`;
          if (out.json) out.note(line);
          else out.line(line);
        };
        const report = await runDemo({
          rows: atLeast(flags.rows, 1),
          partitionCount: flags.partitions,
          replicas: flags.replicas,
          writesPerSecond: atLeast(flags.rate, 1),
          fault: flags.fault,
          directory: flags.keep,
          deadlineMs: atLeast(flags.deadline, 1) * 1000,
          signal: context.signal,
          say,
          ...(flags.record === undefined ? {} : { record: await recordTo(flags.record) }),
          onLoaded: (done, total) => progress.update(done, total, `${done} of ${total} rows`),
        }).finally(() => progress.stop());
        out.result(report, () => `\n${formatReport(report)}`);
        if (report.ok) return EXIT.ok;
        return report.status.endsWith('BLOCKED') ? EXIT.needsOperator : EXIT.failed;
      }),
    );
}

/** Diagrams are loaded only by whoever records. */
async function recordTo(file: string): Promise<{ file: string; charts: ChartLine[] }> {
  const { ourChartLines } = await import('../../visualizations/diagrams/our-chart-lines.js');
  return { file, charts: ourChartLines() };
}

const atLeast = (value: number, least: number): number => Math.max(least, value);

function formatReport(report: DemoReport): string {
  const { rows } = report;
  const verdict = report.ok ? 'PROVED' : 'NOT DONE';
  return formatFacts([
    ['result', `${verdict}: ${report.exitReason}`],
    ['status', report.status],
    ['fault', report.fault],
    ...report.troubles.map((trouble, i): [string, string] => [i === 0 ? 'seen' : '', trouble]),
    ['time it cost', report.blockedMs === 0 ? 'none' : formatMs(report.blockedMs)],
    ['servers restarted', String(report.restarts)],
    ['rows at the source', String(rows.source)],
    ['rows at the follower', String(rows.follower)],
    ['missing / extra / differing', `${rows.missing} / ${rows.extra} / ${rows.differing}`],
    ['writes during the copy', String(report.writesDuringCopy)],
    ['acknowledged and lost', String(report.acknowledgedLost)],
    ['elapsed', formatMs(report.elapsedMs)],
    ...(report.recording === undefined
      ? []
      : [['recording', recordingLine(report.recording)] as [string, string]]),
    ...(report.next === '' ? [] : [['next', report.next] as [string, string]]),
  ]);
}

function recordingLine({ file, lines, brokeOff }: RecordedRun): string {
  const rest = brokeOff === null ? '' : `, broke off: ${brokeOff}`;
  return `${file}, ${lines} lines${rest}`;
}
