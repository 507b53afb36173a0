#!/usr/bin/env node
/**
 * Prints how large the viewer and an offline page of 10,000 steps are, with the limits beside them; exits
 * with 1 beyond a limit. Takes the built page: `npm run build` first.
 *
 *   node visualizations/inspector/page/size.mjs
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { register } from 'tsx/esm/api';

// The generator of recordings and the writer of the page are TypeScript.
register();
const { layOut } = await import('../../diagrams/layout/index.ts');
const { OUR_CHARTS } = await import('../../diagrams/ours.ts');
const { readChart } = await import('../../diagrams/read-chart.ts');
const { writeOfflinePage } = await import('../offline.ts');
const { syntheticRecording } = await import('../../../test/support/recordings.ts');

const STEPS = 10_000;
const LIMIT_VIEWER_BYTES = 300_000;
const LIMIT_PAGE_BYTES = 3_000_000;

const built = fileURLToPath(new URL('../../../dist/visualizations/inspector/page/', import.meta.url));
const files = ['page.js', 'page.css'].map((name) => readFileSync(`${built}${name}`));
const recording = syntheticRecording({ moments: STEPS, seed: 7, partitions: 8 });
const charts = await Promise.all(Object.values(OUR_CHARTS).map((chart) => layOut(readChart(chart))));
const page = writeOfflinePage({ ...recording, charts });

const rows = [
  ['viewer, compressed', gzipSync(Buffer.concat(files), { level: 9 }).length, LIMIT_VIEWER_BYTES],
  [`offline page of ${STEPS.toLocaleString('en')} steps`, Buffer.byteLength(page), LIMIT_PAGE_BYTES],
];
for (const [what, bytes, limit] of rows) {
  const kB = (size) => `${Math.round(size / 1_000).toLocaleString('en')} kB`.padStart(9);
  console.log(`${what.padEnd(32)}${kB(bytes)}   limit${kB(limit)}   ${bytes < limit ? 'ok' : 'TOO LARGE'}`);
}
process.exitCode = rows.every(([, bytes, limit]) => bytes < limit) ? 0 : 1;
