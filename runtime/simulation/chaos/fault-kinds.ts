/** What can go wrong, by name, and which of it a run is asked for. */

export const FAULT_KINDS = [
  'loss',
  'delay',
  'duplicate',
  'reorder',
  'partition-one-way',
  'partition-two-way',
  'policy',
  'kill',
  'crash',
  'cluster-crash',
  'torn-write',
  'failed-write',
  'full-disk',
  'slow-disk',
  'bit-rot',
  'clock-jump',
  'foreign-table',
  'move',
  'operator',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export const FAULTS_IN_WORDS: Readonly<Record<FaultKind, string>> = {
  loss: 'messages get lost',
  delay: 'messages take seconds or minutes, and keep their order',
  duplicate: 'messages arrive again, up to minutes later',
  reorder: 'messages overtake each other',
  'partition-one-way': 'one side hears the other, and is not heard',
  'partition-two-way': 'two servers, or the two clusters, do not hear each other',
  policy: 'the policy of a cluster refuses or swallows some of the protocol',
  kill: 'a process ends; what it wrote stays in the memory of its machine',
  crash: 'a machine goes down: what was not synced is gone',
  'cluster-crash': 'all machines of a cluster go down at once',
  'torn-write': 'a machine goes down, and of what was not synced some sectors survive',
  'failed-write': 'a disk refuses operations with EIO',
  'full-disk': 'a disk is full, and has room again later',
  'slow-disk': 'a disk takes up to seconds for everything',
  'bit-rot': 'a file of a checkpoint is read, or was written, with a bit turned over',
  'clock-jump': 'the clock of a server jumps forwards or backwards',
  'foreign-table': 'somebody else has a table of that name at the follower',
  move: 'somebody moves partitions to other nodes, and their servers end meanwhile',
  operator: 'somebody adds, pauses, starts, removes, retries or changes the fail mode',
};

/**
 * `all`, `none`, names, and names with `!` that are left out; only names with `!` mean all but those.
 *
 * @example faultsOf('loss,crash') // those two
 * @example faultsOf('all,!bit-rot') // all but one
 * @throws RangeError that says which names there are
 */
export function faultsOf(list: string): ReadonlySet<FaultKind> {
  const words = list.split(',').map((word) => word.trim());
  const wanted = new Set<FaultKind>(words.every((word) => word.startsWith('!')) ? FAULT_KINDS : []);
  for (const word of words) {
    const name = word.replace(/^!/, '');
    if (word === 'all') for (const kind of FAULT_KINDS) wanted.add(kind);
    else if (word === 'none') wanted.clear();
    else if (!isFaultKind(name)) {
      throw new RangeError(
        `no fault ${JSON.stringify(name)}; there are all, none, ${FAULT_KINDS.join(', ')}`,
      );
    } else if (word.startsWith('!')) wanted.delete(name);
    else wanted.add(name);
  }
  return wanted;
}

function isFaultKind(name: string): name is FaultKind {
  return (FAULT_KINDS as readonly string[]).includes(name);
}
