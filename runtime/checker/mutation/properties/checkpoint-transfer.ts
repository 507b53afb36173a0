/** What the copy of a checkpoint promises: only verified files are installed, and what was verified stays. */
import type {
  CheckpointTransferContext as Context,
  CheckpointTransferEvent as Event,
  CheckpointTransferInput as Input,
} from '../../../../machines/index.js';
import { describeError } from '../../../../machines/index.js';
import type { PossibleEvent } from '../../paths/automatic.js';
import { asked, numbered, promisesOf, same, timerOf, type View } from './promise.js';

/** Which question each state asks. */
const ASKS: Readonly<Record<string, string>> = {
  locating: 'locatePrimary',
  querying: 'queryCheckpoint',
  installing: 'installCheckpoint',
  opening: 'openPartition',
};
const QUESTIONS = Object.values(ASKS);
const COPYING = 'copying.receiving';

const CHECKPOINT = {
  decree: 5,
  directory: 'checkpoint.5',
  files: ['a.sst', 'b.sst'].map((name) => ({ name, sizeBytes: 4_096, md5: `md5-of-${name}` })),
};

function help(view: View<Context>): PossibleEvent | null {
  const { requestNo, active } = view.context;
  const event = (given: Event): PossibleEvent => ({ event: given });
  switch (view.control) {
    case 'locating':
      return event({ type: 'PRIMARY_AT', requestNo, address: 'east-1:34801' });
    case 'querying':
      return event({ type: 'CHECKPOINT_AT', requestNo, checkpoint: view.context.checkpoint ?? CHECKPOINT });
    case COPYING:
      return event({ type: 'FILE_VERIFIED', name: active[0] ?? '' });
    case 'installing':
      return event({ type: 'INSTALLED', requestNo });
    case 'opening':
      return event({ type: 'OPENED', requestNo });
    default:
      return timerOf(view, `checkpointTransfer.${view.control}`);
  }
}

const namesOf = ({ checkpoint }: Context): string[] => checkpoint?.files.map(({ name }) => name) ?? [];
const childrenOf = (active: readonly string[]): string[] => active.map((name) => `file:${name}`).sort();

export const checkpointTransferPromises = promisesOf<Context, Event, Input>({
  noDeadline: {},
  help,
  settled: () => false,
  promises: [
    ...numbered<Context, Event>({ ask: QUESTIONS }),
    {
      name: 'every question is asked (L-SETTLE-1)',
      ofStep: ({ before, after, effects }) => {
        const questions = effects.filter(({ name }) => QUESTIONS.includes(name)).map(({ name }) => name);
        // An empty checkpoint passes through `copying` on its way.
        const due = before.control !== after.control && after.control in ASKS ? [ASKS[after.control]] : [];
        if (questions.join() !== due.join()) return `it asks ${questions.join() || 'nothing'}`;
        const { primary, checkpoint } = after.context;
        if (asked(effects, 'queryCheckpoint').some((query) => query.primary !== primary))
          return 'another primary';
        const installs = asked(effects, 'installCheckpoint');
        return installs.every((install) => same(install.checkpoint, checkpoint))
          ? null
          : 'another checkpoint';
      },
    },
    {
      name: 'only verified files are installed (S-COPY-1)',
      ofStep: ({ before, after, effects, event }) => {
        const { verified, active, pending } = after.context;
        if (after.control === 'installing') {
          const missing = namesOf(after.context).find((name) => !verified.includes(name));
          if (missing !== undefined) return `${missing} is installed unverified`;
          if (active.length > 0 || pending.length > 0) return 'installed while files are copied';
        }
        const trusted = verified.filter((name) => !before.context.verified.includes(name));
        for (const name of trusted) {
          const told = event.type === 'FILE_VERIFIED' && event.name === name;
          if (!told || !before.context.active.includes(name)) return `${name} counts as verified`;
        }
        const another = event.type === 'CHECKPOINT_AT' && !same(event.checkpoint, before.context.checkpoint);
        if (another && after.control !== before.control && verified.length > 0)
          return 'another checkpoint is trusted';
        const installed =
          before.control === 'installing' && event.type === 'FAILED' && after.control !== 'installing';
        const unknown = installed && describeError(event.trouble.error);
        if (unknown && !(unknown.outcomeUnknown && unknown.kind === 'retryable') && verified.length > 0)
          return 'files that could not be installed are trusted';
        return effects.length > 0 && verified.length > new Set(verified).size ? 'counted twice' : null;
      },
    },
    {
      name: 'what was verified is kept (L-SETTLE-1)',
      ofStep: ({ before, after, event }) => {
        const lost = before.context.verified.filter((name) => !after.context.verified.includes(name));
        if (lost.length === 0) return null;
        if (event.type === 'CHECKPOINT_AT')
          return same(event.checkpoint, before.context.checkpoint) ? 'lost' : null;
        return event.type === 'FAILED' && before.control === 'installing' ? null : 'lost';
      },
    },
    {
      name: 'copies run, as many as may (L-SETTLE-1)',
      ofStep: ({ after, effects }) => {
        const { active, pending, verified, parallelFiles, checkpoint, primary, partition } = after.context;
        if (after.control !== COPYING) {
          return after.children.length === 0 && active.length === 0 ? null : 'a copy goes on';
        }
        if (!same(childrenOf(active), [...after.children].sort()))
          return 'copies and their names do not agree';
        const known = [...active, ...pending, ...verified].sort();
        if (!same(known, namesOf(after.context).sort())) return 'a file is lost, or there twice';
        if (active.length > parallelFiles) return `${active.length} copies at once`;
        if (active.length < parallelFiles && pending.length > 0) return 'a copy that could run does not';
        if (active.length === 0) return 'it copies nothing';
        for (const { kind, name, params } of effects) {
          if (kind !== 'spawn') continue;
          const file = checkpoint?.files.find((each) => `file:${each.name}` === name);
          const input = {
            partition,
            primary,
            directory: checkpoint?.directory,
            decree: checkpoint?.decree,
            file,
          };
          if (!same(params, input)) return `${name} is told something else`;
        }
        return null;
      },
    },
    {
      name: 'each answer leads on (L-SETTLE-1)',
      ofStep: ({ before, after, event }) => {
        const { control, context } = before;
        const expect = (from: string, ...to: string[]): string | null =>
          control === from && !to.includes(after.control) ? `it goes to ${after.control}` : null;
        switch (event.type) {
          case 'PRIMARY_AT':
            if (event.requestNo !== context.requestNo || control !== 'locating') return null;
            return after.context.primary === event.address ? expect('locating', 'querying') : 'not noted';
          case 'CHECKPOINT_AT': {
            if (event.requestNo !== context.requestNo || control !== 'querying') return null;
            if (!same(after.context.checkpoint, event.checkpoint)) return 'not noted';
            const left = event.checkpoint.files.some(({ name }) => !after.context.verified.includes(name));
            return expect('querying', left ? COPYING : 'installing');
          }
          case 'INSTALLED':
            if (event.requestNo !== context.requestNo || control !== 'installing') return null;
            return after.context.installed ? expect('installing', 'opening') : 'not noted';
          case 'OPENED':
            return event.requestNo === context.requestNo ? expect('opening', 'opened') : null;
          case 'FILE_VERIFIED': {
            if (control !== COPYING || !context.active.includes(event.name)) return null;
            if (after.context.attempt !== 0 || after.context.trouble !== null) return 'no new start';
            return after.context.verified.includes(event.name)
              ? expect(COPYING, COPYING, 'installing')
              : 'ignored';
          }
          case 'FILE_PROGRESS': {
            const heard = control === COPYING && context.active.includes(event.name);
            if (!heard) return same(context, after.context) ? expect(control, control) : 'noted';
            return after.context.attempt === 0 && after.context.trouble === null ? null : 'no new start';
          }
          default:
            return null;
        }
      },
    },
    {
      name: 'a report of a file that is not copied counts for nothing (S-COPY-1)',
      ofStep: ({ before, after, event }) => {
        if (
          !('name' in event) ||
          (before.control === COPYING && before.context.active.includes(event.name))
        ) {
          return null;
        }
        return before.control === after.control && same(before.context, after.context) ? null : 'it counts';
      },
    },
    {
      name: 'failures are told and counted (L-STUCK-1)',
      ofStep: ({ before, after, event, timer }) => {
        const late = before.context.requestNo;
        const over = timer !== undefined && /Deadline|stalledFile/.test(timer);
        const failed = event.type === 'FAILED' && event.requestNo === late;
        const file =
          event.type === 'FILE_FAILED' &&
          before.control === COPYING &&
          before.context.active.includes(event.name);
        if (!over && !failed && !file) return null;
        const given = event as { trouble?: { error: string } };
        const again = over || describeError(given.trouble?.error ?? '').kind === 'retryable';
        if (after.control !== (again ? 'waiting' : 'blocked')) return `it goes to ${after.control}`;
        const { trouble, attempt, requestNo, primary } = after.context;
        if (!trouble?.operation || (over && trouble.error !== 'ERR_TIMEOUT')) return 'trouble without a name';
        if (over && primary !== null && trouble.peer !== primary) return 'trouble without a place';
        if (!over && trouble !== given.trouble) return 'other trouble is kept';
        if (requestNo === late) return 'it can be answered still';
        const counted = Math.min(before.context.attempt + 1, before.context.times.retry.limitAttempts);
        return attempt === counted ? null : 'the attempt is not counted';
      },
    },
    {
      name: 'a pause ends where it began (L-OBEY-1)',
      ofStep: ({ before, after, event, timer }) => {
        if (before.control !== 'waiting' && before.control !== 'blocked') {
          return event.type === 'RETRY_NOW' && before.control !== after.control ? 'it is disturbed' : null;
        }
        if (timer === undefined && event.type !== 'RETRY_NOW') return null;
        if (event.type === 'RETRY_NOW' && after.context.attempt !== 0) return 'no new start';
        return after.control === (before.context.installed ? 'opening' : 'locating')
          ? null
          : 'it leads astray';
      },
    },
    {
      name: 'a block or a file moves the stall deadline (L-WAIT-1)',
      ofStep: ({ before, after, event, effects }) => {
        if (event.type !== 'FILE_VERIFIED' || before.control !== COPYING) return null;
        const stopped = effects.some(({ kind, name }) => kind === 'stop' && name === `file:${event.name}`);
        return stopped || !before.context.active.includes(event.name) || after.control === 'installing'
          ? null
          : 'a finished copy is not stopped';
      },
    },
    {
      name: 'what is installed is opened (L-SETTLE-1)',
      ofStart: ({ after, input }) =>
        after.control === (input.installed ? 'opening' : 'locating') &&
        after.context.parallelFiles === input.parallelFiles
          ? null
          : `it begins in ${after.control}`,
      ofStep: ({ after }) =>
        after.control === 'opened' && (after.context.attempt !== 0 || after.context.trouble !== null)
          ? 'old trouble is kept'
          : null,
    },
  ],
});
