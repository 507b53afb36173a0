/** `bridle table`: creating, listing and dropping tables. */
import type { Command } from 'commander';
import { ENV_DENY_CLIENT_REQUEST, ENV_FENCE } from '../../machines/vocabulary.js';
import { BridleError, type TableInfo } from '../client/index.js';
import { fenceLine, parseFenceNote } from '../observe/fence.js';
import { parseWhole, perform } from './context.js';
import { formatTable, plural } from './output.js';

export function addTableCommands(program: Command): void {
  const table = program
    .command('table')
    .description('create, list, drop and open tables')
    .addHelpText(
      'after',
      '\nExamples:\n  $ bridle table create users --partitions 16\n  $ bridle table list',
    );

  table
    .command('create')
    .description('create a table and wait until it can be used')
    .argument('<name>', '1 to 128 of A-Z a-z 0-9 _ . : -')
    .option('--partitions <n>', 'number of partitions, 1 to 1024', parseWhole, 8)
    .option('--replicas <n>', 'replicas of each partition; embedded clusters keep one', parseWhole, 1)
    .addHelpText('after', '\nExample:\n  $ bridle table create users --partitions 16')
    .action((name: string, options: { partitions: number; replicas: number }, command: Command) =>
      perform(command, async (context) => {
        const cluster = await context.cluster();
        const created = await cluster.createTable(name, {
          partitionCount: options.partitions,
          replicaCount: options.replicas,
          signal: context.signal,
        });
        context.out.result(
          created,
          `table ${created.name} created with ${plural(created.partitionCount, 'partition')}`,
        );
        return undefined;
      }),
    );

  table
    .command('list')
    .description('the tables of a cluster')
    .addHelpText('after', '\nExample:\n  $ bridle table list --meta 127.0.0.1:34601')
    .action((_: unknown, command: Command) =>
      perform(command, async (context) => {
        const cluster = await context.cluster();
        const tables = await cluster.listTables(context.limits);
        context.out.result({ cluster: cluster.name, tables }, () => formatTables(tables));
        return undefined;
      }),
    );

  table
    .command('drop')
    .description('drop a table and its rows; refused while it is duplicated')
    .argument('<name>')
    .addHelpText('after', '\nExample:\n  $ bridle table drop users')
    .action((name: string, _: unknown, command: Command) =>
      perform(command, async (context) => {
        const cluster = await context.cluster();
        await cluster.dropTable(name, context.limits);
        context.out.result({ dropped: name }, `table ${name} dropped`);
        return undefined;
      }),
    );

  table
    .command('open')
    .description('open a table that is closed to its clients, when the journal of the migration is lost')
    .argument('<name>')
    .option('--force', 'also one that has moved, whose clients write elsewhere now')
    .addHelpText('after', '\nExample:\n  $ bridle table open users')
    .action((name: string, { force = false }: { force?: boolean }, command: Command) =>
      perform(command, async (context) => {
        const cluster = await context.cluster();
        const table = (await cluster.listTables(context.limits)).find((one) => one.name === name);
        if (table === undefined) throw BridleError.of('ERR_APP_NOT_EXIST', { values: { table: name } });
        const { [ENV_DENY_CLIENT_REQUEST]: denial, [ENV_FENCE]: text } = table.envs;
        const note = parseFenceNote(text);
        if (note?.movedTo !== undefined && !force) {
          const hint = fenceLine(name, note, denial ?? '');
          throw BridleError.of('BRIDLE_FENCED', { operation: 'open table', hint, values: { table: name } });
        }
        const remove = {
          [ENV_DENY_CLIENT_REQUEST]: null,
          ...(text === undefined ? {} : { [ENV_FENCE]: text }),
        };
        await cluster.changeTableEnvs(name, { remove, ...context.limits });
        context.out.result({ opened: name, was: denial ?? null }, `table ${name} is open to its clients`);
        return undefined;
      }),
    );
}

function formatTables(tables: readonly TableInfo[]): string {
  if (tables.length === 0) return 'no tables';
  return formatTable(
    ['TABLE', 'ID', 'STATUS', 'PARTITIONS', 'DUPLICATING'],
    tables.map((each) => [
      each.name,
      String(each.appId),
      each.status,
      String(each.partitionCount),
      each.duplicating ? 'yes' : 'no',
    ]),
  );
}
