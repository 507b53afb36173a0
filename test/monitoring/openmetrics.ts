/**
 * What has to hold in a text that calls itself OpenMetrics 1.0, as far as Bridle writes it. Strict, and on purpose
 * not built on the writer.
 */
export interface ParsedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ParsedFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly unit: string | undefined;
  readonly samples: readonly ParsedSample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const NUMBER = /^(?:[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?|NaN|[+-]Inf)$/;
const SUFFIXES: Readonly<Record<string, string>> = { gauge: '', counter: '_total', info: '_info' };

/** @throws Error that names the line */
export function parseOpenMetrics(text: string): ParsedFamily[] {
  const lines = text.split('\n');
  const fail = (at: number, why: string): never => {
    throw new Error(`line ${at + 1}: ${why}: ${JSON.stringify(lines[at])}`);
  };
  if (lines.at(-1) !== '' || lines.at(-2) !== '# EOF') fail(lines.length - 1, 'does not end with # EOF');
  const families: (ParsedFamily & { samples: ParsedSample[]; unit: string | undefined })[] = [];
  const seen = new Set<string>();
  let pending: { name: string; help: string } | undefined;
  for (const [at, line] of lines.slice(0, -2).entries()) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE|UNIT) (\S+) (.*)$/.exec(line) ?? [];
    const family = families.at(-1);
    if (kind === 'HELP') {
      if (!NAME.test(name)) fail(at, 'not a name');
      if (families.some((each) => each.name === name)) fail(at, 'the family comes twice');
      if (/(?<!\\)(?:\\\\)*"/.test(rest)) fail(at, 'an unescaped quote');
      pending = { name, help: rest };
    } else if (kind === 'TYPE') {
      if (pending?.name !== name) fail(at, 'TYPE without its HELP');
      if (!(rest in SUFFIXES)) fail(at, 'a type nobody here uses');
      families.push({ name, type: rest, help: pending?.help ?? '', unit: undefined, samples: [] });
      pending = undefined;
    } else if (kind === 'UNIT') {
      if (family?.name !== name || family.samples.length > 0) fail(at, 'UNIT in the wrong place');
      if (!name.endsWith(`_${rest}`)) fail(at, 'the name does not end with its unit');
      if (family !== undefined) family.unit = rest;
    } else if (line.startsWith('#')) fail(at, 'a comment that means nothing');
    else {
      const sample = parseSample(line) ?? fail(at, 'not a sample');
      if (sample.name !== `${family?.name}${SUFFIXES[family?.type ?? ''] ?? ''}`)
        fail(at, 'of another family');
      if (family?.type === 'counter' && !(sample.value >= 0)) fail(at, 'a counter below 0');
      if (family?.type === 'info' && sample.value !== 1) fail(at, 'an info that is not 1');
      const key = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
      if (seen.has(key)) fail(at, 'the series comes twice');
      seen.add(key);
      family?.samples.push(sample);
    }
  }
  return families;
}

function parseSample(line: string): ParsedSample | undefined {
  const head = /^([^{\s]+)(\{)?/.exec(line);
  const name = head?.[1] ?? '';
  if (head === null || !NAME.test(name)) return undefined;
  let rest = line.slice(head[0].length);
  const labels: Record<string, string> = {};
  if (head[2] === '{') {
    for (;;) {
      const pair = /^([^=]+)="((?:[^"\\]|\\["\\n])*)"(,|\})/.exec(rest);
      const label = pair?.[1] ?? '';
      if (pair === null || !LABEL.test(label) || Object.hasOwn(labels, label)) return undefined;
      labels[label] = (pair[2] ?? '').replace(/\\(["\\n])/g, (_, char: string) =>
        char === 'n' ? '\n' : char,
      );
      rest = rest.slice(pair[0].length);
      if (pair[3] === '}') break;
    }
  }
  const [, number = ''] = /^ (\S+)$/.exec(rest) ?? [];
  if (!NUMBER.test(number)) return undefined;
  return { name, labels, value: Number(number.replace('Inf', 'Infinity')) };
}
