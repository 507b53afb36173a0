/** What a migration promises: it goes on with nothing it has not seen, and it never loses the way back. */
import type {
  MigrationContext,
  MigrationEffects,
  MigrationEvent,
  MigrationInput,
  MigrationRequest,
  MigrationView,
} from '../../../../machines/index.js';
import type { PossibleEvent } from '../../paths/automatic.js';
import { asked, numbered, promisesOf, timerOf, type View } from './promise.js';

const requests = (effects: Parameters<typeof asked>[0]): MigrationRequest[] =>
  asked<MigrationEffects['askMigration']>(effects, 'askMigration').map(({ request }) => request);

const FINAL = /^(done|undone)$/;
const REQUESTING = /looking|asking|recording|comparing|ending|closing|opening|finishing/;

/** What the clusters show when nothing goes wrong any more: where the chart is, all is well. */
function seenNext({ control, context }: View<MigrationContext>): MigrationView {
  const view: MigrationView = {
    status: 'DS_LOG',
    blocked: false,
    lagDecrees: 0,
    skippedMutations: 0,
    followerPartitionsMissing: 0,
    fence: control.startsWith('waiting') || control.startsWith('undoing') ? 'open' : 'in-force',
    drained: true,
    follower: 'follower',
  };
  if (!control.startsWith('handingOver')) return view;
  const ended = context.view?.status === 'gone';
  return { ...view, status: 'gone', follower: ended ? 'ordinary' : 'follower' };
}

function help(view: View<MigrationContext>): PossibleEvent | null {
  const { control, context } = view;
  if (FINAL.test(control)) return null;
  if (!REQUESTING.test(control)) return timerOf(view, `migration.${control}`);
  const reply = { type: 'MIGRATION_REPLY', requestNo: context.requestNo, error: 'ERR_OK' };
  const body =
    context.asked === 'Look' ? { view: seenNext(view) } : context.asked === 'Verify' ? { equal: true } : {};
  return { event: { ...reply, ...body } };
}

/** Whether the last thing that was seen allows this to be asked for. */
function whyNotAllowed(request: MigrationRequest, after: View<MigrationContext>): string | null {
  const { view, decided } = after.context;
  switch (request.kind) {
    case 'Record':
      return request.step === 'decided' && !(view?.fence === 'in-force' && view.drained)
        ? 'decided without having seen the follower complete'
        : null;
    case 'EndDuplication':
      return decided ? null : 'removed before it is decided';
    case 'OpenFollower':
      return decided && view?.status === 'gone' && view.fence === 'in-force'
        ? null
        : 'opened while the source may take writes';
    case 'OpenWrites':
      return decided ? 'the source is opened after the decision' : null;
    default:
      return null;
  }
}

const phase = (control: string): string => control.split('.')[0] ?? control;
const FORWARD: Readonly<Record<string, readonly string[]>> = {
  waiting: ['waiting', 'fencing', 'undoing'],
  fencing: ['fencing', 'draining', 'undoing', 'handingOver'],
  draining: ['draining', 'verifying', 'deciding', 'undoing', 'handingOver'],
  verifying: ['verifying', 'deciding', 'undoing', 'handingOver'],
  deciding: ['deciding', 'draining', 'handingOver', 'undoing'],
  handingOver: ['handingOver', 'fencing', 'finishing'],
  finishing: ['finishing', 'done'],
  undoing: ['undoing', 'undone'],
};

export const migrationPromises = promisesOf<MigrationContext, MigrationEvent, MigrationInput>({
  noDeadline: {},
  help,
  settled: ({ control }) => FINAL.test(control),
  promises: [
    ...numbered<MigrationContext, MigrationEvent>({ ask: ['askMigration'] }),
    {
      name: 'nothing is asked for that was not seen to be safe (S-MIGRATE-1)',
      ofStep: ({ after, effects }) =>
        requests(effects)
          .map((request) => whyNotAllowed(request, after))
          .find((why) => why !== null) ?? null,
    },
    {
      name: 'the journal says it first (S-MIGRATE-2)',
      ofStep: ({ before, after, event, effects }) => {
        const [request] = requests(effects);
        const recorded = before.context.asked === 'Record' && event.type === 'MIGRATION_REPLY';
        const wellRecorded = recorded && event.error === 'ERR_OK';
        if (after.context.decided !== before.context.decided && !wellRecorded)
          return 'decided, and the journal does not say so';
        if (before.control === 'fencing.recording' && request?.kind === 'CloseWrites' && !wellRecorded)
          return 'closed, and the journal does not say so';
        const entered = (where: string) => after.control === where && before.control !== where;
        const step = request?.kind === 'Record' ? request.step : null;
        if (entered('fencing.recording') && step !== 'fencing') return `recorded as ${step}`;
        if (entered('deciding.recording') && step !== 'decided') return `recorded as ${step}`;
        if (entered('undoing.recording') && step !== 'undone') return `recorded as ${step}`;
        return entered('finishing') && step !== 'done' ? `recorded as ${step}` : null;
      },
    },
    {
      name: 'no step is left out, and after the decision none leads back (S-MIGRATE-1)',
      ofStep: ({ before, after }) => {
        const [from, to] = [phase(before.control), phase(after.control)];
        if (!(FORWARD[from] ?? []).includes(to)) return `from ${from} to ${to}`;
        if (after.context.decided && to === 'undoing') return 'undone after the decision';
        if (before.context.decided && !after.context.decided) return 'the decision is forgotten';
        return to === 'deciding' && from === 'draining' && after.context.verify ? 'not compared' : null;
      },
    },
    {
      name: 'what differs is not handed over (S-MIGRATE-1)',
      ofStep: ({ before, after, event }) =>
        before.control === 'verifying.comparing' &&
        event.type === 'MIGRATION_REPLY' &&
        phase(after.control) === 'deciding' &&
        event.equal !== true
          ? 'rows differ'
          : null,
    },
    {
      name: 'who gives up says why (L-WAIT-1)',
      ofStep: ({ before, after }) => {
        const began = phase(after.control) === 'undoing' && phase(before.control) !== 'undoing';
        return began && after.context.reason === null ? 'undone without a reason' : null;
      },
    },
    {
      name: 'failed attempts are counted and bounded (S-BOUND-1)',
      ofStep: ({ before, after, event }) => {
        const { attempt, times } = after.context;
        if (attempt > times.retry.limitAttempts) return `attempt ${attempt}`;
        const failed =
          event.type === 'MIGRATION_REPLY' &&
          event.error !== 'ERR_OK' &&
          event.requestNo === before.context.requestNo &&
          REQUESTING.test(before.control);
        const stays = phase(before.control) === phase(after.control);
        return failed && stays && attempt === 0 ? 'a failure is not counted' : null;
      },
    },
    {
      name: 'a look that works forgives those that failed (S-BOUND-1)',
      ofStep: ({ before, after, event }) => {
        const looked =
          /^(waiting|draining)\.looking$/.test(before.control) && event.type === 'MIGRATION_REPLY';
        return looked &&
          event.error === 'ERR_OK' &&
          after.control !== before.control &&
          after.context.attempt > 0
          ? `attempt ${after.context.attempt} after a look that worked`
          : null;
      },
    },
    {
      name: 'the journal decides where it begins (S-MIGRATE-2)',
      ofStart: ({ after, input }) => {
        const at = { new: 'waiting', fenced: 'fencing', decided: 'handingOver', undo: 'undoing' }[
          input.start
        ];
        if (phase(after.control) !== at) return `${input.start} begins in ${after.control}`;
        return after.context.decided === (input.start === 'decided') ? null : 'the decision is forgotten';
      },
    },
  ],
});
