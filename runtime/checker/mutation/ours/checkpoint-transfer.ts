/** What could be wrong with the copy of a checkpoint: files that nobody verified. */
import type {
  CheckpointTransferContext as Context,
  CheckpointTransferEvent as Event,
} from '../../../../machines/index.js';
import type { Plan } from '../mutant.js';
import { assigns, domain, guardIs, startsWith } from './edits.js';

export const CHECKPOINT_TRANSFER_MUTANTS: readonly Plan[] = [
  domain(
    'stale.never',
    'a late answer is taken for the awaited one',
    guardIs('stale', () => false),
  ),
  domain(
    'active.always',
    'a report about a file that is not being copied counts',
    guardIs('active', () => true),
  ),
  domain(
    'nothingLeft.active',
    'installing begins while files are still being copied',
    guardIs<Context, Event>('nothingLeft', ({ context }) => context.pending.length === 0),
  ),
  domain(
    'nothingLeft.pending',
    'installing begins while files have not been begun',
    guardIs<Context, Event>('nothingLeft', ({ context }) => context.active.length === 0),
  ),
  domain(
    'noteCheckpoint.same',
    'files of another checkpoint count as verified when they have the same name',
    assigns<Context, Event>('noteCheckpoint', (given, { context }) => ({
      ...given,
      verified: context.verified,
      pending: (given.pending ?? []).filter((name) => !context.verified.includes(name)),
    })),
  ),
  domain(
    'noteCheckpoint.anew',
    'every try copies every file again',
    assigns<Context, Event>('noteCheckpoint', (given) => ({
      ...given,
      verified: [],
      pending: given.checkpoint?.files.map((file) => file.name) ?? given.pending,
    })),
  ),
  domain(
    'noteTrouble.requestNo',
    'a request that failed can still be answered',
    assigns<Context, Event>('noteTrouble', (given, { context }) => ({
      ...given,
      requestNo: context.requestNo,
    })),
  ),
  domain(
    'recovery.installed',
    'a restarted server copies what it has installed',
    startsWith((context) => ({ ...context, installed: false })),
  ),
  domain(
    'input.parallelFiles',
    'every file is copied at once',
    startsWith((context) => ({ ...context, parallelFiles: 1_000 })),
  ),
];
