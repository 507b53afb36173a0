/** What `bridle check` says: text while it goes, one JSON line, or a diagram. */
import type { CheckResult, Model, Verdict } from '../checker/product/index.js';
import {
  assumptionsInWords,
  counterexampleAsMermaid,
  fails,
  type Look,
  lengthOf,
  type Overall,
  overall,
  PLAIN,
  paint,
  resultsAsJson,
  SCHEMA,
  table,
} from '../checker/product/render/index.js';
import type { Defect } from './check-models.js';
import type { RecordedFile } from './check-record.js';
import { EXIT } from './exit-codes.js';

/** Everything that came of one command line. */
export interface Checked {
  /** The command line as far as it says where models come from, e.g. `bridle check --profile full`. */
  readonly command: string;
  /** The same with what was picked of them and how, but for bounds. */
  readonly wholeCommand: string;
  readonly results: readonly CheckResult[];
  /** Names of models that were not begun. */
  readonly notExplored: readonly string[];
  readonly defects: readonly Defect[] | null;
  /** Null: none were asked for. */
  readonly recorded: readonly RecordedFile[] | null;
}

/** A bound, or Ctrl-C: nothing fails, and not everything was explored. */
export const EXIT_NOT_EVERYTHING = 3;

const EXIT_CODES: Readonly<Record<Overall, number>> = {
  holds: EXIT.ok,
  violated: EXIT.failed,
  vacuous: EXIT.failed,
  unknown: EXIT_NOT_EVERYTHING,
};

export function exitCodeOfCheck({ results, notExplored }: Checked): number {
  return EXIT_CODES[overall(results, notExplored.length === 0)];
}

/** Colours in a terminal that did not ask for none; 100 columns where nobody knows. */
export function lookOf(stream: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>): Look {
  const { NO_COLOR = '' } = process.env;
  return { width: stream.columns ?? 100, colour: stream.isTTY === true && NO_COLOR === '' };
}

export function checkedAsJson(checked: Checked): object {
  const { results, notExplored, defects, recorded } = checked;
  return {
    ...resultsAsJson(results, notExplored),
    ...(defects === null ? {} : { defects: defects.map((defect) => defectAsJson(defect, results)) }),
    ...(recorded === null ? {} : { recorded }),
    next: nextOf(checked),
  };
}

function defectAsJson(defect: Defect, results: readonly CheckResult[]): object {
  const verdict = verdictOn(defect, results);
  const counterexample = verdict?.counterexample ?? null;
  return {
    ...defect,
    found: verdict?.verdict === 'violated',
    explored: verdict !== undefined,
    steps: counterexample === null ? null : lengthOf(counterexample),
  };
}

function verdictOn({ model, property }: Defect, results: readonly CheckResult[]): Verdict | undefined {
  return results
    .find((result) => result.model === model)
    ?.verdicts.find((verdict) => verdict.property === property);
}

/** The last lines: the verdict on everything, defects, what was left out, and what to type next. */
export function closingAsText(checked: Checked, look: Look): string {
  const { results, notExplored, defects } = checked;
  const all = overall(results, notExplored.length === 0);
  const failing = results.flatMap(({ model, verdicts }) =>
    verdicts.filter(fails).map(({ property }) => `${property} of ${model}`),
  );
  const failed = failing.length === 0 ? '' : `: ${failing.join(', ')}`;
  return [
    ...defectsAsText(defects ?? [], results, look),
    paint(`${VERDICTS[all]}${failed}`, all === 'holds' ? 'good' : all === 'unknown' ? 'unsure' : 'bad', look),
    ...(notExplored.length === 0 ? [] : [`not explored: ${notExplored.join(', ')}`]),
    ...recordedAsText(checked),
    ...[nextOf(checked)].flatMap((next) => (next === null ? [] : [`next: ${next}`])),
  ].join('\n');
}

export function recordedAsText({ recorded }: Pick<Checked, 'recorded'>): string[] {
  return (recorded ?? []).map(({ property, model, file }) => `recorded: ${property} of ${model} in ${file}`);
}

const VERDICTS: Readonly<Record<Overall, string>> = {
  holds: 'everything holds',
  violated: 'violated',
  vacuous: 'nothing is violated, but these say nothing',
  unknown: 'nothing was found that violates, and not everything was explored',
};

/** Only what this command line explored. */
function defectsAsText(defects: readonly Defect[], results: readonly CheckResult[], look: Look): string[] {
  const rows = defects.flatMap((defect) => {
    const verdict = verdictOn(defect, results);
    if (verdict === undefined) return [];
    const { counterexample } = verdict;
    const length = counterexample === null ? '' : String(lengthOf(counterexample));
    return [[defect.name, defect.model, defect.property, FOUND[verdict.verdict], length]];
  });
  return rows.length === 0 ? [] : [table(['DEFECT', 'MODEL', 'PROPERTY', 'FOUND', 'STEPS'], rows, look), ''];
}

const FOUND: Readonly<Record<Verdict['verdict'], string>> = {
  holds: 'no',
  violated: 'yes',
  unknown: 'unknown',
};

/** The command that tells most of what is still to be known; null if nothing is left to ask. */
function nextOf({ command, wholeCommand, results, notExplored, recorded }: Checked): string | null {
  const file = recorded?.[0]?.file;
  if (file !== undefined) return `bridle inspect ${quoted(file)}`;
  for (const { model, verdicts } of results) {
    const violated = verdicts.find(({ verdict }) => verdict === 'violated');
    if (violated !== undefined) {
      return `${command} --model ${quoted(model)} --property ${quoted(violated.property)} --format mermaid`;
    }
  }
  const bounded = results.find(({ bound }) => bound !== null);
  if (bounded?.bound === 'states') return `${wholeCommand} --max-states ${bounded.states * 10}`;
  if (bounded?.bound === 'memory') return `${wholeCommand} --max-memory 8GB`;
  return bounded !== undefined || notExplored.length > 0 ? wholeCommand : null;
}

/** For a shell. @example quoted('a b') // "'a b'" */
export function quoted(text: string): string {
  return /^[\w@%+=:,./#-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The first counterexample, and in words what else there is. */
export function asDiagram({ results }: Checked): { readonly diagram: string | null; readonly note: string } {
  const found = results.flatMap(({ model, verdicts }) =>
    verdicts.flatMap((verdict) => (verdict.counterexample === null ? [] : [{ model, verdict }])),
  );
  const [first, ...others] = found;
  if (first === undefined) return { diagram: null, note: 'nothing was found that violates: no diagram' };
  const more = others.map(({ model, verdict }) => `--model ${model} --property ${verdict.property}`);
  return {
    diagram: counterexampleAsMermaid(first.verdict),
    note: more.length === 0 ? '' : `further counterexamples: ${more.join(' · ')}`,
  };
}

/** What `--list` shows: which models there are, what is judged of them, and under what. */
export function listAsJson(models: readonly Model[], assumptionSets: readonly string[]): object {
  return {
    schema: SCHEMA,
    models: models.map(({ name, assumptions, processes, properties, budgets, symmetry }) => ({
      model: name,
      assumptions,
      processes: processes.map((process) => process.name),
      properties: properties.map((property) => ({
        property: property.name,
        kind: property.kind,
        sentence: property.sentence,
      })),
      budgets,
      symmetry: symmetry?.map((renaming) => renaming.name) ?? [],
    })),
    assumptionSets,
  };
}

export function listAsText(models: readonly Model[], assumptionSets: readonly string[]): string {
  const rows = models.flatMap(({ name, properties }) =>
    properties.map((property, at) => [at === 0 ? name : '', property.name, property.sentence]),
  );
  const assumed = models.map(({ name, assumptions }) => [name, assumptionsInWords(assumptions)]);
  const look = { ...PLAIN, width: 120 };
  return [
    table(['MODEL', 'PROPERTY', 'PROMISE'], rows, look),
    '',
    table(['MODEL', 'ASSUMES'], assumed, look),
    ...(assumptionSets.length === 0 ? [] : ['', `sets for --assume: ${assumptionSets.join(', ')}`]),
  ].join('\n');
}
