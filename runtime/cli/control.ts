/** `bridle pause`, `start`, `retry`, `remove`, `fail-mode`: steering a duplication. */
import { Argument, type Command, Option } from 'commander';
import type { FollowerTableOnRemove } from '../../machines/vocabulary.js';
import { BridleError } from '../client/index.js';
import { type Duplication, openDuplication } from '../live/index.js';
import { type CommandContext, perform } from './context.js';
import { EXIT } from './exit-codes.js';

interface ControlOptions {
  readonly to?: string;
}

export function addControlCommands(program: Command): void {
  verb(program, 'pause', 'ship no more until started again; the source keeps what is not shipped').action(
    (table: string, options: ControlOptions, command: Command) =>
      steer(command, 'pause', table, options, (duplication, context) => duplication.pause(context.limits)),
  );

  verb(program, 'start', 'go on after a pause').action(
    (table: string, options: ControlOptions, command: Command) =>
      steer(command, 'start', table, options, (duplication, context) => duplication.start(context.limits)),
  );

  verb(program, 'retry', 'end the present back-off: try again now what went wrong').action(
    (table: string, options: ControlOptions, command: Command) =>
      steer(command, 'retry', table, options, (duplication, context) => duplication.retry(context.limits)),
  );

  verb(program, 'remove', 'end the duplication for good', '--follower drop --wait')
    .addOption(
      new Option(
        '--follower <what>',
        'what becomes of the follower table (default: as said when it was added)',
      ).choices(['keep', 'drop']),
    )
    .option('--wait', 'until nothing of it is left at the source')
    .action(
      (
        table: string,
        options: ControlOptions & { follower?: FollowerTableOnRemove; wait?: boolean },
        command: Command,
      ) =>
        steer(command, 'remove', table, options, async (duplication, context) => {
          await duplication.remove({ follower: options.follower, ...context.limits });
          if (options.wait === true) await duplication.waitRemoved(context.waitLimits);
        }),
    );

  verb(program, 'fail-mode', 'what log shipping does about a damaged log', 'skip')
    .addArgument(
      new Argument('<mode>', 'slow: retry and stand still; skip: jump over the damage and lose it').choices([
        'slow',
        'skip',
      ]),
    )
    .action((table: string, mode: 'slow' | 'skip', options: ControlOptions, command: Command) =>
      steer(command, 'fail-mode', table, options, (duplication, context) =>
        duplication.setFailMode(mode, context.limits),
      ),
    );
}

function verb(program: Command, name: string, description: string, example = ''): Command {
  return program
    .command(name)
    .description(description)
    .argument('<table>')
    .option('--to <cluster>', 'follower cluster; needed when the table is duplicated to several')
    .addHelpText('after', `\nExample:\n  $ bridle ${name} users ${example}`.trimEnd());
}

function steer(
  command: Command,
  action: string,
  table: string,
  { to }: ControlOptions,
  work: (duplication: Duplication, context: CommandContext) => Promise<void>,
): Promise<void> {
  return perform(command, async (context) => {
    const source = await context.cluster();
    await using duplication = await openDuplication({ source, table, target: to, ...context.limits });
    await work(duplication, context).catch((error: unknown) => {
      // The words of the command were legal; the status was not the one for them.
      if (error instanceof BridleError && error.code === 'ERR_INVALID_PARAMETERS')
        process.exitCode = EXIT.failed;
      throw error;
    });
    const after = await duplication.explain(context.limits).catch((error: unknown) => {
      if (error instanceof BridleError && error.code === 'ERR_OBJECT_NOT_FOUND') return undefined;
      throw error;
    });
    const { id, remoteCluster, remoteTable } = duplication;
    const status = after?.status ?? 'DS_REMOVED';
    context.out.result(
      { action, table, dupid: id, remoteCluster, remoteTable, status, line: after?.line, next: after?.next },
      `${action} accepted: ${table} → ${remoteCluster}/${remoteTable} · ${after?.line ?? 'removed'}`,
    );
    return undefined;
  });
}
