/** The gallery as a page: `docs/gallery.md`. */
import { type DefectEntry, FIXES, type FixName, type OursAnswer, type UpstreamVersion } from '../index.js';

/** What exploring one entry in one version came to. */
export interface Explored {
  readonly entry: DefectEntry;
  readonly version: UpstreamVersion;
  /** Steps of the shortest counterexample, a loop included. */
  readonly steps: number;
  readonly states: number;
  readonly seconds: number;
}

const HEADER = `# What is wrong with upstream's protocol

This page is generated: \`UPDATE_DOCS=1 npx vitest run test/checker/upstream-gallery.test.ts\` writes it, and the same test without the variable fails when anything but a time differs.

The protocol of Apache Pegasus is modelled under \`test/upstream\` as charts and processes, in two versions. *Before* is master up to the day before the fix of #2146 (633042764, 2024-11-15), *after* is db756dcdf (2026-03-13). Each version is a set of fixes that the charts are given, so that an older defect is shown in the version before without the one fix that ended it. The column *ends with* names what makes the same model keep the property: upstream's own fix, or in words a remedy that nobody has merged.

Each defect has a model of its own, as small as shows it, and is broken by the shortest sequence of steps there is; of liveness that is a way into a loop, and the loop once. States are those of the whole model. Letters after a number are further properties or situations of the same defect. What is not reported as far as we know says *unreported*: it was derived from the source by reading and by this checker, and was not run on real servers unless noted.

\`npx bridle check --upstream before\` and \`--upstream after\` explore the same models; \`--model 'NAME' --format mermaid\` draws a counterexample.

The last column says how our own charts answer: the property that judges them under the same assumptions (\`test/checker/upstream-ours.test.ts\` explores each of these products to the end, with at most one message delayed at a time, and the property holds), or why the question does not come up.
`;

const NOT_MODELLED = `
## Not modelled

| Entry | Why not |
|---|---|
| A16 (#2089) | a dangling pointer; memory is not part of a protocol |
| A19 (#2365) | the default of a flag in one command line |
| A28 (rdsn#1059) | the change that A1 comes from; shown as A1 |
| A34 (#2027, #2028, #1398, #1449) | parsing in a shell, Kerberos for copies, a client's second try |

## What the models leave out

- Time. A timer fires whenever it may, and the only orders that come from durations are these: a sync of a node begins when what its last one set off has ended or was lost, and neither the periodic checkpoint of hours nor the empty write after 100 s happens.
- Answers that come after their deadline, but for log shipping: there a batch that was given up stays on its way.
- The follower meta's own storage and restarts, and its replies ERR_BUSY_CREATING and ERR_BUSY_DROPPING: a table is there or not.
- In the models of one replica the meta server is part of the replica's step, so that loss of a sync is not explored there.
- A20 and A21 are shown as a task that runs for an instance that is gone. That is what the reports suspect, not what their authors have proven.
- N2, N3 and N6 were also seen on real servers; the other entries with an N come from the models alone.
`;

/** @example withoutTimes('| A1 | 0.2 s | x |') // '| A1 | – | x |' */
export const withoutTimes = (page: string): string => page.replaceAll(/\| \d+\.\d s \|/g, '| – |');

export function renderGallery(explored: readonly Explored[]): string {
  const entries = [...new Set(explored.map(({ entry }) => entry))];
  const rows = entries.map((entry) => {
    const of = (version: UpstreamVersion) =>
      explored.find((each) => each.entry === entry && each.version === version);
    const both = (what: (one: Explored) => string): string =>
      [of('before'), of('after')].map((one) => (one === undefined ? '–' : what(one))).join(' / ');
    const seconds = explored
      .filter((each) => each.entry === entry)
      .reduce((sum, each) => sum + each.seconds, 0);
    const cells = [
      entry.id,
      entry.title,
      entry.reported ?? '*unreported*',
      `\`${entry.property}\``,
      both(({ steps }) => String(steps)),
      both(({ states }) => String(states)),
      `${seconds.toFixed(1)} s`,
      entry.repair.map((name) => nameOfFix(name)).join(', ') || 'nothing',
      oursInWords(entry.ours),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    HEADER,
    '| | Defect | Reported | Property | Steps before / after | States before / after | Time | Ends with | Ours |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows,
    NOT_MODELLED,
  ].join('\n');
}

/** A fix that is not merged says so. */
function nameOfFix(name: FixName): string {
  if (!/#\d/.test(name)) return name;
  return FIXES[name].merged === null ? `${name} (not merged)` : name;
}

function oursInWords(ours: OursAnswer): string {
  return 'instead' in ours ? ours.instead : `\`${ours.property}\`, ${assumedInWords(ours.assume)}`;
}

/** @example assumedInWords({ loss: 1, operator: { pause: 1, start: 0 } }) // 'loss 1, pause 1' */
function assumedInWords(assume: object): string {
  const words = Object.entries(assume).flatMap(([name, value]): string[] => {
    if (typeof value !== 'object') return [`${name} ${value}`];
    const some = Object.entries(value as object).filter(([, count]) => count > 0);
    return some.map(([each, count]) => `${name === 'crashes' ? 'crash ' : ''}${each} ${count}`);
  });
  return words.join(', ') || 'nothing goes wrong';
}
