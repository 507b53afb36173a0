/** What `bridle simulate` found, for people and for programs. */
import {
  eventInWords,
  FAULT_KINDS,
  PROPERTIES,
  PROPERTIES_IN_WORDS,
  type PropertyName,
  type Simulated,
  type StrikesByKind,
} from '../simulation/chaos/index.js';
import type { Summary } from '../simulation/chaos/summary.js';
import { formatFacts, formatMs, formatTable, plural } from './output.js';

const HOUR_MS = 60 * 60_000;
const MINUTE_MS = 60_000;

interface Counted {
  readonly virtualMs: number;
  readonly events: number;
  readonly faults: StrikesByKind;
  readonly checked: Readonly<Record<PropertyName, number>>;
}

export interface Whole {
  readonly summary: Summary;
  readonly firstSeed: number;
  readonly seeds: number;
  readonly hours: number;
  readonly faults: string;
  readonly jobs: number;
  readonly wallMs: number;
  readonly commit: string | null;
  /** Recordings by seed. */
  readonly files: ReadonlyMap<number, string | null>;
}

export function runAsJson(run: Simulated, commit: string | null, file: string | null) {
  return {
    ...{ ok: run.verdict === 'holds', verdict: run.verdict, seed: run.seed, hours: run.hours },
    ...{ commit, version: run.version, digest: run.digest },
    ...countsAsJson(run, run.wallMs),
    ...{ writes: run.writes, ended: run.healed, divergence: run.divergence },
    violation: run.violation === null ? null : violationAsJson(run, file),
    replay: run.replay,
  };
}

export function runAsText(run: Simulated, commit: string | null, file: string | null): string {
  const { seed, verdict, healed, writes, wallMs } = run;
  const facts = formatFacts([
    ['seed', `${seed}, faults ${run.faultList}`],
    ['verdict', verdict],
    ['ended', healed?.status ?? 'before the faults ended'],
    ...(healed?.followed ?? []).map((line): [string, string] => ['on the way', line]),
    ['writes', `${writes.acknowledged} acknowledged, ${writes.open} left open`],
    ...countsAsFacts(run, wallMs),
    ['digest', run.digest],
    ...(run.divergence === null ? [] : divergenceAsFacts(run)),
  ]);
  const failure = run.violation === null ? '' : `\n\n${violationAsText(run, commit, file)}`;
  return `${tablesAsText(run)}\n\n${facts}${failure}`;
}

export function summaryAsJson(whole: Whole) {
  const { summary, firstSeed, seeds, hours, faults, jobs, commit, files, wallMs } = whole;
  return {
    ...{
      ok: summary.held === seeds,
      verdict: verdictOf(whole),
      seeds,
      firstSeed,
      hours,
      faultList: faults,
      jobs,
    },
    ...{
      held: summary.held,
      violated: summary.violations.length,
      notFinished: seeds - summary.seeds + summary.unfinished.length,
    },
    commit,
    ...countsAsJson(summary, wallMs),
    writes: { acknowledged: summary.acknowledged, open: summary.open },
    violations: summary.violations.map((run) => ({
      ...{ seed: run.seed, divergence: run.divergence, replay: run.replay },
      ...(run.violation === null ? {} : violationAsJson(run, files.get(run.seed) ?? null)),
    })),
  };
}

export function summaryAsText(whole: Whole): string {
  const { summary, seeds, firstSeed, wallMs } = whole;
  const failed = summary.violations.map(({ seed }) => seed).sort((a, b) => a - b);
  return `${tablesAsText(summary)}\n\n${formatFacts([
    ['seeds', `${firstSeed} to ${firstSeed + seeds - 1}, faults ${whole.faults}`],
    ['verdict', verdictOf(whole)],
    ['held', `${summary.held} of ${seeds}`],
    ...(failed.length === 0 ? [] : [['failed', failed.join(', ')] as [string, string]]),
    ['writes', `${summary.acknowledged} acknowledged, ${summary.open} left open`],
    ...countsAsFacts(summary, wallMs),
  ])}`;
}

/** Seed, state of the code, what did not hold, what shows it, and how to see it again. */
export function violationAsText(run: Simulated, commit: string | null, file: string | null): string {
  const { seed, violation, minimised, planned, divergence } = run;
  const facts: [string, string][] = [
    ['seed', String(seed)],
    ['commit', commit ?? 'not in a checkout'],
    ['version', run.version],
  ];
  if (divergence !== null) facts.push(...divergenceAsFacts(run));
  if (violation !== null) {
    facts.push(
      ['violated', `${violation.property}: ${PROPERTIES_IN_WORDS[violation.property]}`],
      ['seen', violation.seen],
      ['at', `${(violation.atMs / 1_000).toFixed(3)} s of virtual time`],
      ['needs', needsInWords(run)],
    );
    for (const event of (minimised?.events ?? planned).slice(0, 40)) {
      facts.push([`  ${event.id}`, `${(event.atMs / 1_000).toFixed(3)} s  ${eventInWords(event)}`]);
    }
  }
  if (file !== null) facts.push(['recording', file], ['look at it', `bridle inspect ${file}`]);
  facts.push(['again', run.replay]);
  return formatFacts(facts);
}

function needsInWords({ minimised, planned }: Simulated): string {
  if (minimised === null) return `not minimised: ${plural(planned.length, 'trouble')} planned`;
  const { events, runs, complete } = minimised;
  const how = complete ? 'none can be left out' : 'perhaps fewer: the time to look was up';
  return `${events.length} of ${plural(planned.length, 'trouble')}, ${how} (${plural(runs, 'run')})`;
}

function divergenceAsFacts({ divergence }: Simulated): [string, string][] {
  if (divergence === null) return [];
  const { index, first, second } = divergence;
  return [
    ['parts', `the two runs part at task ${index}`],
    ['  first', first],
    ['  second', second],
  ];
}

function violationAsJson({ violation, minimised, planned }: Simulated, file: string | null) {
  const events = minimised?.events ?? planned;
  return {
    ...violation,
    minimised: minimised !== null,
    complete: minimised?.complete ?? false,
    schedule: events.map((event) => ({ ...event, what: eventInWords(event) })),
    recording: file,
  };
}

function countsAsJson({ virtualMs, events, faults, checked }: Counted, wallMs: number) {
  return {
    virtualHours: round(virtualMs / HOUR_MS),
    events,
    wallSeconds: round(wallMs / 1_000),
    virtualHoursPerWallMinute: round(virtualMs / HOUR_MS / (wallMs / MINUTE_MS)),
    faultsStruck: Object.fromEntries(Object.entries(faults).map(([kind, { struck }]) => [kind, struck])),
    faults,
    properties: Object.fromEntries(PROPERTIES.map((name) => [name, { checked: checked[name] }])),
  };
}

function countsAsFacts({ virtualMs, events }: Counted, wallMs: number): [string, string][] {
  const hours = virtualMs / HOUR_MS;
  return [
    ['virtual', `${round(hours)} hours, ${events.toLocaleString('en')} events`],
    ['elapsed', `${formatMs(wallMs)}: ${Math.round(hours / (wallMs / MINUTE_MS))} virtual hours a minute`],
  ];
}

function tablesAsText({ faults, checked }: Counted): string {
  const strikes = FAULT_KINDS.flatMap((kind) => {
    const strike = faults[kind];
    return strike === undefined ? [] : [[kind, ...[strike.planned, strike.struck, strike.hits].map(String)]];
  });
  const properties = PROPERTIES.map((name) => [name, String(checked[name]), PROPERTIES_IN_WORDS[name]]);
  const first =
    strikes.length === 0 ? '' : `${formatTable(['FAULT', 'PLANNED', 'STRUCK', 'HITS'], strikes)}\n\n`;
  return `${first}${formatTable(['PROPERTY', 'CHECKED', 'WHAT HAS TO HOLD'], properties)}`;
}

function verdictOf({ summary, seeds }: Whole): string {
  if (summary.violations.length > 0) return 'violated';
  return summary.held === seeds ? 'holds' : 'not finished';
}

const round = (value: number): number => Math.round(value * 100) / 100;
