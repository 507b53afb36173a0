/** `bridle explain`: why a duplication is where it is, and what to type next. */
import type { Command } from 'commander';
import { BridleError } from '../client/index.js';
import { snapshotDuplications } from '../live/index.js';
import type { Explanation, WaitView } from '../observe/explain.js';
import { perform } from './context.js';
import { formatFacts, formatMs } from './output.js';

export function addExplainCommand(program: Command): void {
  program
    .command('explain')
    .description('what each duplication waits for, from whom, since when, and the next command to type')
    .argument('[table]', 'only this table; all when left out')
    .addHelpText('after', '\nExamples:\n  $ bridle explain users\n  $ bridle explain --json')
    .action((table: string | undefined, _: unknown, command: Command) =>
      perform(command, async (context) => {
        const cluster = await context.cluster();
        const snapshots = await snapshotDuplications(cluster, table, context.limits);
        if (snapshots.length === 0 && table !== undefined) {
          throw BridleError.of('ERR_OBJECT_NOT_FOUND', {
            operation: 'explain',
            hint: `table ${table} is not duplicated`,
            values: { table },
          });
        }
        const explanations = snapshots.map(({ explanation }) => explanation);
        context.out.result({ cluster: cluster.name, explanations }, () =>
          explanations.length === 0 ? 'no duplications' : explanations.map(formatExplanation).join('\n\n'),
        );
        return undefined;
      }),
    );
}

export function formatExplanation(explanation: Explanation): string {
  const {
    table,
    remoteCluster,
    remoteTable,
    duplicationId,
    failMode,
    operatorCan,
    next,
    blockedBy,
    diagnosis,
  } = explanation;
  return formatFacts([
    ['duplication', `${table} → ${remoteCluster}/${remoteTable} (${duplicationId}, ${failMode})`],
    // A server that is older has the long form only.
    ['status', explanation.headline || explanation.line],
    ...explanation.waiting.flatMap((wait) => waitFacts(wait)),
    ...(blockedBy === null ? [] : ([['blocked by', blockedBy]] as const)),
    ...diagnosis.flatMap(diagnosisFacts),
    ['you can', operatorCan.join(', ')],
    ['next', next],
  ]);
}

/** What was seen is an answer; what was not is a question, and looks like one. */
function diagnosisFacts({
  seen,
  sign,
  cause,
  look,
}: Explanation['diagnosis'][number]): (readonly [string, string])[] {
  return [
    [seen ? 'seen' : 'if you find', sign],
    ['  points to', cause],
    ['  look at', look],
  ];
}

function waitFacts(wait: WaitView): (readonly [string, string])[] {
  const { actor, state, waitingFor, from, leavesWhen, sinceMs, attempt, attemptsLimit, trouble } = wait;
  const { nextWhat, nextAtMs } = wait;
  const since = sinceMs > 0 ? `, for ${formatMs(Math.max(0, Date.now() - sinceMs))}` : '';
  const limit = attemptsLimit === undefined ? '' : ` of ${attemptsLimit}`;
  const attempts = attempt === undefined || attempt === 0 ? '' : `, attempt ${attempt}${limit}`;
  return [
    [actor, `${state === '' ? 'waits' : state}: waiting for ${waitingFor}`],
    ['  from', `${from}${since}${attempts}`],
    ['  until', leavesWhen],
    ...(nextWhat === undefined || nextAtMs === undefined
      ? []
      : ([['  then', `${nextWhat} in ${formatMs(Math.max(0, nextAtMs - Date.now()))}`]] as const)),
    ...(trouble === null ? [] : troubleFacts(trouble)),
  ];
}

function troubleFacts(trouble: NonNullable<WaitView['trouble']>): (readonly [string, string])[] {
  const { error, operation, peer, hint, count, firstSeenMs, what, consequence, causes } = trouble;
  const place = `${operation}${peer === undefined ? '' : ` at ${peer}`}`;
  const age = firstSeenMs > 0 ? `, first ${formatMs(Math.max(0, Date.now() - firstSeenMs))} ago` : '';
  return [
    ['  trouble', `${error} in ${place}, ${count}×${age}`],
    ['  what', what],
    ...(hint === undefined ? [] : ([['  detail', hint]] as const)),
    ['  meaning', consequence],
    ...causes.map((cause, at) => [at === 0 ? '  causes' : '', `${at + 1}. ${cause}`] as const),
  ];
}
