/** What was found, as rows of a terminal and as a page of the documentation. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlantedBug } from './bug.js';
import { PLANTED_BUGS } from './bugs.js';
import type { Hunted } from './hunt.js';
import { REPOSITORY } from './planted-build.js';

const NAME_WIDTH = Math.max(...PLANTED_BUGS.map(({ name }) => name.length)) + 2;

export function row({ bug, found, wallSeconds }: Hunted, seeds: number): string {
  const name = bug.name.padEnd(NAME_WIDTH);
  const seconds = `${wallSeconds.toFixed(0).padStart(5)} s`;
  if (found === null) return `${name}${'NOT FOUND'.padEnd(18)}${`in ${seeds} seeds`.padEnd(26)}${seconds}`;
  const where = `seed ${found.seed}, ${troublesInWords(found.troubles)}`;
  return `${name}${found.property.padEnd(18)}${where.padEnd(26)}${seconds}`;
}

export async function writePage(all: readonly Hunted[], seeds: number): Promise<void> {
  const rows = all.map(({ bug, found, wallSeconds }) =>
    found === null
      ? `| ${bug.name} | \`${bug.file}\` | not found${whenItShows(bug)} | ${seeds} seeds | | ${wallSeconds.toFixed(0)} |`
      : `| ${bug.name} | \`${bug.file}\` | \`${found.property}\` | ${found.seed} | ${found.troubles ?? ''} | ${wallSeconds.toFixed(0)} |`,
  );
  for (const planted of PLANTED_BUGS) {
    const { name, file } = planted;
    if (!all.some(({ bug }) => bug.name === name))
      rows.push(`| ${planted.name} | \`${file}\` | not looked for yet | | | |`);
  }
  await writeFile(join(REPOSITORY, 'docs', 'planted.md'), `${PAGE}${rows.join('\n')}\n`);
}

const whenItShows = ({ shows }: PlantedBug): string =>
  shows === undefined ? '' : `; it shows when ${shows}`;

const troublesInWords = (troubles: number | null): string =>
  troubles === null ? '' : `${troubles} ${troubles === 1 ? 'trouble' : 'troubles'}`;

const PAGE = `# Planted defects

Does the simulation find what it is there for? Each defect below is put into a copy of the build, by replacing
one text in one file; nothing of it is in the product. Then \`bridle simulate --seeds 1000 --stop-on-failure\` of
that copy has to find it, at a seed that holds without the defect. The text must be there exactly once: code that changes so that a defect cannot be
planted any more fails \`npm test\`.

\`npm run test:planted -- --write\` runs them all and writes this page. *Troubles* is how many of the things that
went wrong in that run were left after minimising, where that was done; seconds are those of a busy machine.
*Not found* says in how many seeds, which may be fewer than a thousand: that is no proof of anything yet.
Which seed finds what changes with the draws: the torn record was found at seed 131 and the late creation at seed
858 by the draws that came before requests could arrive among their successors.

Some defects that one would plant first are none, because a second layer stands behind the first. They were
replaced by defects of their kind that nothing stands behind:

- A follower that applies a batch wherever it begins: no sender leaves a gap, and what overlaps ends in the same
  rows. Here the follower acknowledges what it refuses.
- A rule that lets a confirmed decree go back: the chart keeps the larger one when it shows it, and storage when it
  writes it. Here the decrees are forgotten at a restart.
- A shipper that takes late answers: a call ends before the deadline of its request, and a batch that is not the
  one that was loaded last is not sent. Here a creation comes late, after the removal.
- A lifecycle that begins in \`DS_LOG\` where \`DS_PAUSE\` is durable: what is shown and ordered comes from the
  record. Here the record is misread.
- What an undone move has fetched counts for the next one: the last decree of what was handed over is compared before
  the new place is decided. Here a node opens whatever copy it has.
- An order to delete an old copy deletes what has come back since: orders answer the latest report, and 1,000 seeds
  did not bring one late.

| Defect | In the build | Found by | At seed | Troubles | Seconds |
|---|---|---|---|---|---|
`;
