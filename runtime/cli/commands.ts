/**
 * Which module knows which command. A command line loads the one it names and no other: what `bridle check`
 * needs would make `bridle status` twice as slow to begin.
 */
import type { Command } from 'commander';

interface CommandModule {
  /** Of the commands that it adds. */
  readonly names: readonly string[];
  readonly load: () => Promise<(program: Command) => void>;
}

/** In the order in which help lists them. */
const MODULES: readonly CommandModule[] = [
  { names: ['demo'], load: async () => (await import('./demo.js')).addDemoCommand },
  { names: ['up'], load: async () => (await import('./up.js')).addUpCommand },
  { names: ['down'], load: async () => (await import('./down.js')).addDownCommand },
  { names: ['table'], load: async () => (await import('./table.js')).addTableCommands },
  { names: ['move'], load: async () => (await import('./move.js')).addMoveCommand },
  { names: ['load'], load: async () => (await import('./load.js')).addLoadCommand },
  { names: ['preflight'], load: async () => (await import('./preflight.js')).addPreflightCommand },
  { names: ['duplicate'], load: async () => (await import('./duplicate.js')).addDuplicateCommand },
  { names: ['status'], load: async () => (await import('./status.js')).addStatusCommand },
  { names: ['explain'], load: async () => (await import('./explain.js')).addExplainCommand },
  {
    names: ['pause', 'start', 'retry', 'fail-mode', 'remove'],
    load: async () => (await import('./control.js')).addControlCommands,
  },
  { names: ['verify'], load: async () => (await import('./verify.js')).addVerifyCommand },
  { names: ['alerts'], load: async () => (await import('./alerts.js')).addAlertsCommand },
  { names: ['metrics'], load: async () => (await import('./metrics.js')).addMetricsCommand },
  { names: ['migrate'], load: async () => (await import('./migrate.js')).addMigrateCommand },
  { names: ['supervise'], load: async () => (await import('./supervise.js')).addSuperviseCommand },
  { names: ['policy'], load: async () => (await import('./policy.js')).addPolicyCommands },
  { names: ['paths'], load: async () => (await import('./paths.js')).addPathsCommand },
  { names: ['check'], load: async () => (await import('./check.js')).addCheckCommand },
  { names: ['simulate'], load: async () => (await import('./simulate.js')).addSimulateCommand },
  { names: ['inspect'], load: async () => (await import('./inspect.js')).addInspectCommand },
  { names: ['diagram'], load: async () => (await import('./diagram.js')).addDiagramCommand },
];

/** Adds the command that a command line begins with; all of them if it begins with something else. */
export async function addCommands(program: Command, args: readonly string[]): Promise<void> {
  const [first = ''] = args;
  if (first === '--version') return;
  const named = MODULES.filter(({ names }) => names.includes(first));
  for (const { load } of named.length > 0 ? named : MODULES) (await load())(program);
}
