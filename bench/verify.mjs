/**
 * What a comparison by digests saves against a scan: bytes over the wire and time, on one pair of embedded
 * clusters, in turn. Once with equal tables, once with some rows changed behind the duplication's back.
 *
 *   npm run bench:verify -- [--json] [--rows 100000] [--value-bytes 100] [--partitions 4] [--rounds 3] [--differing 20]
 *
 * Bytes are those of the sockets of this process, both ways. Figures are medians of the rounds' ratios; exit code 1
 * if a comparison finds something else than what was changed, or digests save less than the limits say.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BulkWriter, openCluster } from '../dist/runtime/client/index.js';
import { startCluster } from '../dist/runtime/cluster/embedded.js';
import { duplicate } from '../dist/runtime/live/index.js';

/** A scan of equal tables sends at least this many times what digests send. */
const BYTES_LIMIT = 50;

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rows: { type: 'string', default: '100000' },
    'value-bytes': { type: 'string', default: '100' },
    partitions: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    differing: { type: 'string', default: '20' },
  },
});
const rows = Number(flags.rows);
const differing = Number(flags.differing);
const note = (text) => flags.json || process.stdout.write(`${text}\n`);

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** Every socket that this process connects, for as long as it runs: there are a few. */
const sockets = new Set();
const connect = Socket.prototype.connect;
Socket.prototype.connect = function (...args) {
  sockets.add(this);
  return connect.apply(this, args);
};
const bytesSoFar = () =>
  [...sockets].reduce((sum, socket) => sum + socket.bytesRead + socket.bytesWritten, 0);

async function compared(duplication, target, method, changed) {
  const bytes = bytesSoFar();
  const startedMs = performance.now();
  const report = await duplication.verify({ target, method });
  const result = { bytes: bytesSoFar() - bytes, ms: performance.now() - startedMs };
  if (report.source !== rows || report.differing !== changed || report.missing + report.extra > 0) {
    throw new Error(`${method} found ${JSON.stringify({ ...report, byPartition: undefined })}`);
  }
  return { ...result, mode: report.mode };
}

async function measure(duplication, target, changed) {
  const rounds = [];
  for (let round = 0; round < Number(flags.rounds); round++) {
    const digests = await compared(duplication, target, 'auto', changed);
    const scan = await compared(duplication, target, 'scan', changed);
    if (digests.mode !== 'decree') throw new Error(`mode ${digests.mode}`);
    rounds.push({ digests, scan, bytes: scan.bytes / digests.bytes, time: scan.ms / digests.ms });
    note(
      `  digests ${digests.bytes} bytes, ${Math.round(digests.ms)} ms · scan ${scan.bytes} bytes, ${Math.round(scan.ms)} ms`,
    );
  }
  return {
    bytesScanPerDigest: median(rounds.map(({ bytes }) => bytes)),
    timeScanPerDigest: median(rounds.map(({ time }) => time)),
  };
}

const directory = await mkdtemp(join(tmpdir(), 'bridle-bench-'));
const open = [];
let failed = false;
try {
  const west = await startCluster({ name: 'west', id: 2, directory: join(directory, 'west'), replicas: 2 });
  open.unshift(() => west.close());
  const remotes = { west: [west.meta] };
  const east = await startCluster({
    name: 'east',
    id: 1,
    directory: join(directory, 'east'),
    replicas: 2,
    remotes,
  });
  open.unshift(() => east.close());
  const source = await openCluster({ meta: east.meta });
  const target = await openCluster({ meta: west.meta });
  open.unshift(() => Promise.all([source.close(), target.close()]));

  await source.createTable('users', { partitionCount: Number(flags.partitions) });
  const writer = new BulkWriter(await source.table('users'));
  const value = (i) => `${i} `.padEnd(Number(flags['value-bytes']), 'bridle ');
  for (let i = 0; i < rows; i++) {
    await writer.write({ hashKey: `user ${i % 9973}`, sortKey: String(i), value: value(i) });
  }
  await writer.flush();
  const duplication = await duplicate({ source, table: 'users', target });
  await duplication.waitFor(({ status, lagDecrees }) => status === 'DS_LOG' && lagDecrees === 0, {
    timeoutMs: 600_000,
  });

  note(`${rows} rows of ${flags['value-bytes']} bytes in ${flags.partitions} partitions, equal`);
  const equal = await measure(duplication, target, 0);
  const copy = await target.table('users');
  for (let at = 0; at < differing; at++) {
    const i = Math.floor((at * rows) / differing);
    await copy.put(`user ${i % 9973}`, String(i), 'changed');
  }
  note(`the same with ${differing} rows changed`);
  const changed = await measure(duplication, target, differing);
  failed = equal.bytesScanPerDigest < BYTES_LIMIT;
  const result = {
    rows,
    partitions: Number(flags.partitions),
    equal,
    changed,
    limit: BYTES_LIMIT,
    ok: !failed,
  };
  if (flags.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  const shown = ({ bytesScanPerDigest, timeScanPerDigest }) =>
    `a scan sends ${bytesScanPerDigest.toFixed(0)} × the bytes and takes ${timeScanPerDigest.toFixed(1)} × the time`;
  note(`equal:   ${shown(equal)} (limit ${BYTES_LIMIT} ×)`);
  note(`changed: ${shown(changed)}`);
} finally {
  for (const close of open) await close().catch((error) => note(String(error)));
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
}
process.exitCode = failed ? 1 : 0;
