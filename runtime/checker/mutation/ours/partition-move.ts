/** What could be wrong with a move: mostly that something of an earlier one, or half of one, passes for this one. */
import type { PartitionMoveContext, PartitionMoveEvent } from '../../../../machines/index.js';
import type { Plan } from '../mutant.js';
import { domain, effectSays, guardIs, startsWith } from './edits.js';

const never = (guard: string) => guardIs<PartitionMoveContext, PartitionMoveEvent>(guard, () => false);

export const PARTITION_MOVE_MUTANTS: readonly Plan[] = [
  domain(
    'otherBallot.ignored',
    'what is said of an earlier attempt counts for this one',
    never('otherBallot'),
  ),
  domain('wrongDecree.ignored', 'a copy that ends too early is taken for whole', never('wrongDecree')),
  domain('nothingThere.ignored', 'what is not there is fetched', never('nothingThere')),
  domain(
    'nothingThere.always',
    'nothing is fetched, as if the partition were empty',
    guardIs<PartitionMoveContext, PartitionMoveEvent>('nothingThere', ({ event }) => event.type === 'LEFT'),
  ),
  domain(
    'recovery.forgotten',
    'a restarted meta server begins a recorded move anew',
    startsWith((context) => ({ ...context, recorded: false })),
  ),
  domain(
    'recovery.unrecorded',
    'nodes are told before the attempt is durable',
    startsWith((context) => ({ ...context, recorded: true })),
  ),
  domain(
    'persistMove.completes',
    'what failed is written as if it had succeeded',
    effectSays('persistMove', (params) =>
      params.step === 'undo' ? { ...params, step: 'complete' } : params,
    ),
  ),
  domain(
    'persistMove.undoes',
    'what succeeded is written as undone',
    effectSays('persistMove', (params) =>
      params.step === 'complete' ? { ...params, step: 'undo' } : params,
    ),
  ),
  domain(
    'persistMove.holds',
    'what came along is written as nothing',
    effectSays('persistMove', (params) => ({ ...params, holds: false })),
  ),
  domain(
    'persistMove.trouble',
    'an undone move does not say why',
    effectSays('persistMove', (params) => ({ ...params, trouble: null })),
  ),
];
