/** `bridle policy`: whom an embedded cluster talks to, to try what a firewall does. */
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { BridleError } from '../client/index.js';
import { fetchPolicy, setPolicy } from '../live/index.js';
import { parsePolicy, readPolicyFile } from './cluster-options.js';
import { perform } from './context.js';
import { formatTable, plural } from './output.js';

export function addPolicyCommands(program: Command): void {
  const policy = program
    .command('policy')
    .description('whom an embedded cluster talks to: rules by peer and operation')
    .addHelpText('after', '\nExamples:\n  $ bridle policy show\n  $ bridle policy set rules.json');

  policy
    .command('show')
    .description('the rules in force, and which servers have them')
    .addHelpText('after', '\nExample:\n  $ bridle policy show --json')
    .action((_: unknown, command: Command) =>
      perform(command, async (context) => {
        const cluster = await context.cluster();
        const answer = await fetchPolicy(cluster, context.limits);
        if (answer === undefined) throw notEmbedded(cluster.name);
        context.out.result({ cluster: cluster.name, ...answer }, () => {
          const { rules, version } = answer.policy;
          const behind = answer.nodes.filter(({ policyVersion }) => policyVersion !== version).length;
          const state = behind === 0 ? 'in force everywhere' : `${plural(behind, 'server')} without it yet`;
          const head = `version ${version}, ${plural(rules.length, 'rule')}, ${state}`;
          if (rules.length === 0) return `${head}: everything is allowed`;
          const rows = rules.map((rule) => [rule.effect, rule.peer, rule.operation].map(String));
          return `${head}\n${formatTable(['EFFECT', 'PEER', 'OPERATION'], rows)}`;
        });
        return undefined;
      }),
    );

  policy
    .command('set')
    .description('replace the rules; the first one that matches decides, without one it is allowed')
    .argument(
      '<file>',
      'a JSON array of { "effect": "allow" | "deny" | "drop", "peer": "host:port", "operation": "RPC_…" }; * is any text',
    )
    .addHelpText(
      'after',
      `
Example, a firewall that swallows what the follower's servers ask for:
  $ echo '[{"effect":"drop","peer":"127.0.0.1:348*","operation":"RPC_NFS_*"}]' > rules.json
  $ bridle policy set rules.json
  $ echo '[]' | bridle policy set -`,
    )
    .action((file: string, _: unknown, command: Command) =>
      perform(command, async (context) => {
        const rules =
          file === '-'
            ? parsePolicy(await text(process.stdin), 'standard input')
            : await readPolicyFile(file);
        const cluster = await context.cluster();
        const set = await setPolicy(cluster, rules, context.limits);
        if (set === undefined) throw notEmbedded(cluster.name);
        context.out.result(
          { cluster: cluster.name, policy: set },
          `version ${set.version} with ${plural(rules.length, 'rule')} is in force`,
        );
        return undefined;
      }),
    );
}

function notEmbedded(name: string): BridleError {
  return BridleError.of('ERR_HANDLER_NOT_FOUND', {
    operation: 'policy',
    hint: `cluster ${name} does not know policies: it is not an embedded cluster of bridle`,
  });
}
