/** Coverage for people, for programs and for build servers. */
import { COVERAGE_KINDS, type Coverage, type CoverageKind } from './coverage.js';

export interface ReportOptions {
  /** Names listed of each kind before the rest is only counted; default 20. */
  readonly listed?: number;
}

/** One kind per row, then the names of what is missing. */
export function coverageAsText(coverage: Coverage, { listed = 20 }: ReportOptions = {}): string {
  const rows = COVERAGE_KINDS.map((kind) => {
    const { covered, notCovered, unreachable } = coverage[kind];
    const count = Object.keys(covered).length;
    const reachable = count + notCovered.length;
    const beyond = unreachable.length === 0 ? '' : `, ${unreachable.length} unreachable within bounds`;
    return `${kind.padEnd(12)}${String(count).padStart(6)} of ${reachable} reachable${beyond}`;
  });
  return [
    `${coverage.machine}: ${coverage.paths} paths, ${coverage.steps} steps`,
    ...rows,
    ...COVERAGE_KINDS.flatMap((kind) => [
      ...names(`not covered, ${kind}`, coverage[kind].notCovered, listed),
      ...names(`unreachable within bounds, ${kind}`, coverage[kind].unreachable, listed),
    ]),
  ].join('\n');
}

function names(title: string, ids: readonly string[], listed: number): string[] {
  if (ids.length === 0) return [];
  const more = ids.length > listed ? [`  … and ${ids.length - listed} more`] : [];
  return [`${title}:`, ...ids.slice(0, listed).map((id) => `  ${id}`), ...more];
}

/** Counts and names; the same facts as the text, nothing left out. */
export function coverageAsJson(coverage: Coverage): Readonly<Record<string, unknown>> {
  const kinds = COVERAGE_KINDS.map((kind) => {
    const { covered, notCovered, unreachable } = coverage[kind];
    return [kind, { covered: Object.keys(covered).length, notCovered, unreachable }] as const;
  });
  const { machine, paths, steps, bounds } = coverage;
  return { machine, paths, steps, bounds: finite(bounds), ...Object.fromEntries(kinds) };
}

/** JSON has no infinity: no limit is null. */
function finite(bounds: Coverage['bounds']): Readonly<Record<string, unknown>> {
  return { ...bounds, maxDepth: Number.isFinite(bounds.maxDepth) ? bounds.maxDepth : null };
}

/**
 * JUnit XML: a suite for each kind, a case for each name. Not covered is a failure, unreachable within
 * the bounds is skipped.
 */
export function coverageAsJUnit(coverage: Coverage, kinds: readonly CoverageKind[] = COVERAGE_KINDS): string {
  const suites = kinds.map((kind) => {
    const { covered, notCovered, unreachable } = coverage[kind];
    const cases = [
      ...Object.keys(covered).map((id) => testCase(coverage.machine, kind, id)),
      ...notCovered.map((id) => testCase(coverage.machine, kind, id, '<failure message="not covered"/>')),
      ...unreachable.map((id) =>
        testCase(coverage.machine, kind, id, '<skipped message="unreachable within bounds"/>'),
      ),
    ];
    const name = attribute(`${coverage.machine} ${kind}`);
    const counts = `tests="${cases.length}" failures="${notCovered.length}" skipped="${unreachable.length}"`;
    return [`  <testsuite name=${name} ${counts}>`, ...cases, '  </testsuite>'].join('\n');
  });
  return ['<?xml version="1.0" encoding="UTF-8"?>', '<testsuites>', ...suites, '</testsuites>', ''].join(
    '\n',
  );
}

function testCase(machine: string, kind: string, id: string, result = ''): string {
  const head = `    <testcase classname=${attribute(`${machine}.${kind}`)} name=${attribute(id)}`;
  return result === '' ? `${head}/>` : `${head}>${result}</testcase>`;
}

function attribute(text: string): string {
  const escaped = text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 has no way to write them
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '\ufffd');
  return `"${escaped}"`;
}
