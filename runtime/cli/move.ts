/** `bridle move`: a partition of an embedded cluster to another of its nodes, and where partitions are. */
import type { Command } from 'commander';
import { type MovedPartition, type PlaceOfPartition, printable } from '../client/index.js';
import { parseWhole, perform } from './context.js';
import { formatTable } from './output.js';

interface MoveOptions {
  readonly partition?: number;
  readonly to?: string;
}

export function addMoveCommand(program: Command): void {
  const command = program
    .command('move')
    .description('move a partition to another node of an embedded cluster; without --to: where they are')
    .argument('<table>')
    .option('--partition <n>', 'number of the partition, from 0', parseWhole)
    .option('--to <host:port>', 'replica server that shall have it')
    .addHelpText(
      'after',
      '\nClients of the partition wait until it has moved, and find it by themselves. Whatever fails before the new\nplace is durable is undone: the old node serves it again.\n\nExamples:\n  $ bridle move users\n  $ bridle move users --partition 3 --to 127.0.0.1:34802',
    );
  command.action((table: string, { partition, to }: MoveOptions, self: Command) => {
    if ((partition === undefined) !== (to === undefined)) {
      self.error('error: --partition and --to belong together', { exitCode: 2 });
    }
    return perform(self, async (context) => {
      const cluster = await context.cluster();
      if (partition === undefined || to === undefined) {
        const places = await cluster.listPlaces(table, context.limits);
        context.out.result({ cluster: cluster.name, table, partitions: places }, () => placesText(places));
        return undefined;
      }
      const moved = await cluster.movePartition(table, partition, { to, ...context.waitLimits });
      context.out.result(moved, () => movedText(moved));
      return undefined;
    });
  });
}

const movedText = ({ table, partition, from, to }: MovedPartition): string =>
  `partition ${partition} of ${printable(table)} has moved from ${from} to ${to}`;

function placesText(places: readonly PlaceOfPartition[]): string {
  const rows = places.map((place) => [
    String(place.partition),
    place.node,
    place.alive ? place.state : 'node is dead',
    moveInWords(place),
  ]);
  return formatTable(['PARTITION', 'NODE', 'STATE', 'MOVE'], rows);
}

function moveInWords({ moving, lastMove }: PlaceOfPartition): string {
  if (moving !== null) {
    const since = new Date(moving.sinceMs).toISOString();
    return `to ${moving.to} since ${since}, ${moving.state}: waits for ${moving.waitingFor}`;
  }
  if (lastMove === null) return '';
  const { from, to, outcome, atMs, error, operation, peer } = lastMove;
  const at = new Date(atMs).toISOString();
  if (outcome === 'moved') return `came from ${from} at ${at}`;
  const why = [error, operation, peer].filter((each) => each !== undefined).join(', ');
  return `to ${to} was undone at ${at}: ${why}`;
}
