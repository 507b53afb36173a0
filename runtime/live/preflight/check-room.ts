/** Is there room for the copy and for the logs, do the writes fit, and do the clocks agree? */
import { formatBytes as size } from '../../observe/words.js';
import { error, type Finding, followerAway, note, ok, uncheckable, warning } from './finding.js';
import { aliveNodes, holders, type ServerLook, type Situation, sourceTable } from './situation.js';

export function checkRoom(situation: Situation): Finding[] {
  return [...followerDisk(situation), ...sourceDisk(situation), writeSize(situation), clocks(situation)];
}

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;
/** To open what was copied, and for a log that is not collected yet. */
const ROOM_BESIDE_COPY_BYTES = 64 * MiB;
/** Below this a source is about to refuse writes, duplicated or not. */
const SOURCE_LEAST_BYTES = 64 * MiB;
const SOURCE_LITTLE_BYTES = GiB;
const HOURS_LITTLE = 24;

const freeOf = ({ facts }: ServerLook): number | undefined => facts?.freeBytes;

function followerDisk(situation: Situation): Finding[] {
  const { follower, source } = situation;
  const table = sourceTable(situation);
  if (table === undefined) return [];
  const sizes = source.nodes
    .flatMap(({ facts }) => facts?.partitions ?? [])
    .filter(({ appId }) => appId === table.appId)
    .map(({ dataBytes }) => dataBytes)
    .sort((a, b) => b - a);
  const byHand =
    'df -h on every follower node, beside the size of the table: in the shell of Pegasus, app_disk';
  if (follower === null) return [followerAway('follower-disk', 'whether the copy has room')];
  const targets = aliveNodes(follower);
  const told = targets.filter((node) => freeOf(node) !== undefined);
  if (told.length === 0 || sizes.length < table.partitionCount) {
    const what =
      told.length === 0
        ? 'the free space of the follower’s nodes'
        : `the size of ${table.partitionCount - sizes.length} partitions, and so the room that the copy needs`;
    return [uncheckable('follower-disk', what, byHand)];
  }
  // Which partitions a node gets is decided later: the largest ones, in the worst case.
  const needBytes = sizes
    .slice(0, Math.ceil(sizes.length / targets.length))
    .reduce((sum, one) => sum + one, 0);
  const found = told.flatMap((node): Finding[] => {
    const freeBytes = freeOf(node) ?? 0;
    const evidence = { node: node.address, freeBytes, needBytes };
    const what = `${node.address} has ${size(freeBytes)} free, the copy needs up to ${size(needBytes)} there`;
    if (freeBytes < needBytes + ROOM_BESIDE_COPY_BYTES) {
      return [
        error(
          'follower-disk',
          'change-first',
          `${what} and ${size(ROOM_BESIDE_COPY_BYTES)} to work with`,
          evidence,
          'make room on that disk',
        ),
      ];
    }
    return freeBytes < 2 * needBytes
      ? [warning('follower-disk', `${what}, which leaves little to grow`, evidence, 'make room on that disk')]
      : [];
  });
  const least = Math.min(...told.map((node) => freeOf(node) ?? 0));
  const missing = targets.filter((node) => freeOf(node) === undefined).map(({ address }) => address);
  return [
    ...(found.length > 0
      ? found
      : [
          ok(
            'follower-disk',
            `the copy needs up to ${size(needBytes)} on a follower node, at least ${size(least)} are free`,
            {
              needBytes,
              leastFreeBytes: least,
            },
          ),
        ]),
    ...(missing.length === 0
      ? []
      : [uncheckable('follower-disk', `the free space of ${missing.join(', ')}`, byHand)]),
  ];
}

function sourceDisk(situation: Situation): Finding[] {
  const { source, logGrowth } = situation;
  const holding = holders(situation);
  const nodes = aliveNodes(source).filter(({ address }) => holding.has(address));
  const told = nodes.filter((node) => freeOf(node) !== undefined);
  const missing = nodes.filter((node) => freeOf(node) === undefined).map(({ address }) => address);
  const unknown =
    missing.length === 0
      ? []
      : [
          uncheckable(
            'source-disk',
            `the free space of ${missing.join(', ')}, where logs are kept until the follower has them`,
            'df -h on every source node',
          ),
        ];
  const found = told.flatMap((node): Finding[] => {
    const freeBytes = freeOf(node) ?? 0;
    const growth = logGrowth.get(node.address) ?? 0;
    const hours = growth > 0 ? Math.round(freeBytes / growth / 3600) : null;
    const evidence = {
      node: node.address,
      freeBytes,
      logBytesPerSecond: Math.round(growth),
      ...(hours === null ? {} : { hoursUntilFull: hours }),
    };
    const what = `${node.address} has ${size(freeBytes)} free for logs that the follower does not have yet`;
    const next = 'make room on that disk';
    if (freeBytes < SOURCE_LEAST_BYTES) return [error('source-disk', 'change-first', what, evidence, next)];
    if (hours !== null && hours < HOURS_LITTLE) {
      return [warning('source-disk', `${what}; at the present rate that lasts ${hours} h`, evidence, next)];
    }
    return freeBytes < SOURCE_LITTLE_BYTES ? [warning('source-disk', what, evidence, next)] : [];
  });
  if (found.length > 0 || told.length === 0) return [...found, ...unknown];
  const least = Math.min(...told.map((node) => freeOf(node) ?? 0));
  const what = `at least ${size(least)} are free on each source node for logs that the follower does not have yet`;
  return [ok('source-disk', what, { leastFreeBytes: least }), ...unknown];
}

function writeSize({ source, follower, largest }: Situation): Finding {
  const limits = (nodes: readonly ServerLook[]) => nodes.flatMap(({ facts }) => facts?.maxWriteBytes ?? []);
  if (follower === null) return followerAway('write-size', 'how large a write the follower takes');
  const ours = limits(source.nodes);
  const theirs = limits(follower.nodes);
  const rows: Record<string, number> =
    largest === null ? {} : { rowsLookedAt: largest.rows, longestValueBytes: largest.valueBytes };
  const seen =
    largest === null
      ? ''
      : `; the longest value of the first ${largest.rows} rows has ${size(largest.valueBytes)}`;
  if (ours.length === 0 || theirs.length === 0) {
    return uncheckable(
      'write-size',
      `how large a write each side takes${seen}`,
      'in config.ini, max_allowed_write_size of the follower has to be above that of the source',
      rows,
    );
  }
  const sourceBytes = Math.max(...ours);
  const followerBytes = Math.min(...theirs);
  const batchBytes = Math.max(0, ...source.nodes.map(({ facts }) => facts?.batchBytes ?? 0));
  const evidence = { sourceBytes, followerBytes, batchBytes, ...rows };
  const next = 'raise the limit of the follower above that of the source';
  if (followerBytes < sourceBytes) {
    const what = `the source takes writes of ${size(sourceBytes)}, the follower of ${size(followerBytes)}: a larger one would stop shipping for good`;
    return error('write-size', 'change-first', what, evidence, next);
  }
  if (batchBytes > followerBytes) {
    const what = `batches of ${size(batchBytes)} are more than the follower takes (${size(followerBytes)})`;
    return error('write-size', 'change-first', what, evidence, next);
  }
  return ok(
    'write-size',
    `the follower takes every write that the source takes (${size(sourceBytes)})${seen}`,
    evidence,
  );
}

/** Times to live are in seconds of the clock of the server that serves the row. */
const SKEW_WORTH_A_WORD_MS = 1_000;

function clocks({ source, follower }: Situation): Finding {
  const servers = [
    source.leader,
    ...source.nodes,
    ...(follower === null ? [] : [follower.leader, ...follower.nodes]),
  ];
  const told = servers.flatMap(({ address, clockOffsetMs, roundTripMs }) =>
    clockOffsetMs === null ? [] : [{ address, offsetMs: clockOffsetMs, doubtMs: roundTripMs / 2 }],
  );
  const byHand = 'chronyc tracking on every server';
  const first = told.toSorted((a, b) => a.offsetMs - b.offsetMs)[0];
  const last = told.toSorted((a, b) => b.offsetMs - a.offsetMs)[0];
  if (first === undefined || last === undefined)
    return uncheckable('clocks', 'the clocks of the servers', byHand);
  const doubtMs = Math.round(first.doubtMs + last.doubtMs);
  const skewMs = last.offsetMs - first.offsetMs;
  const evidence = { skewMs, doubtMs, ahead: last.address, behind: first.address };
  if (skewMs - doubtMs > SKEW_WORTH_A_WORD_MS) {
    const what = `the clock of ${last.address} is ${skewMs} ms ahead of that of ${first.address}: rows with a time to live expire at different times`;
    return warning('clocks', what, evidence, byHand);
  }
  return skewMs - doubtMs > 0
    ? note('clocks', `the clocks differ by ${skewMs} ms (± ${doubtMs} ms)`, evidence)
    : ok('clocks', `the clocks agree (± ${Math.max(doubtMs, skewMs)} ms)`, evidence);
}
