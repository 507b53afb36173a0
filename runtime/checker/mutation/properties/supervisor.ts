/** What a supervisor promises: it takes nothing away that it was not allowed to and does not know of. */
import type {
  SupervisionRequest,
  SupervisionView,
  SupervisorContext,
  SupervisorEffects,
  SupervisorEvent,
  SupervisorInput,
} from '../../../../machines/index.js';
import type { PossibleEvent } from '../../paths/automatic.js';
import { NONE } from '../../paths/ours/supervisor.js';
import { asked, numbered, promisesOf, same, timerOf, type View } from './promise.js';

const requests = (effects: Parameters<typeof asked>[0]): SupervisionRequest[] =>
  asked<SupervisorEffects['askSupervision']>(effects, 'askSupervision').map(({ request }) => request);

const FINAL = /^(done|gaveUp)$/;
const REQUESTING = /^(looking|recording|adding|removing|dropping|verifying)$|probing|retrying/;

/** What the clusters show when nothing goes wrong any more: what is asked for has happened. */
function seenNext({ memory: recorded, next }: SupervisorContext): SupervisionView {
  // What was seen and could not be recorded is there still.
  const memory = next?.step === 'tracking' ? next : recorded;
  if (memory.step !== 'adding' && memory.step !== 'tracking') return NONE;
  const dupid = memory.dupid === 0 ? 7 : memory.dupid;
  const owner = `east/users/${dupid}`;
  return { ...NONE, status: 'DS_LOG', dupid, follower: { claim: 'own', appId: dupid, owner } };
}

function help(view: View<SupervisorContext>): PossibleEvent | null {
  const { control, context } = view;
  if (FINAL.test(control) || control === 'keeping') return null;
  if (!REQUESTING.test(control)) return timerOf(view, `supervisor.${control}`);
  const reply = { type: 'SUPERVISION_REPLY', requestNo: context.requestNo, error: 'ERR_OK' };
  const body = { Look: { view: seenNext(context) }, Preflight: { path: 'open' }, Verify: { equal: true } };
  return { event: { ...reply, ...(body as Record<string, object>)[context.asked] } };
}

/** Whether what is remembered, allowed and seen lets this be asked for. */
function whyNotAllowed(request: SupervisionRequest, { context }: View<SupervisorContext>): string | null {
  const { memory, heal: allowed, view } = context;
  if (request.kind === 'Add')
    return memory.step === 'adding' ? null : 'added, and the journal does not say so';
  if (request.kind !== 'Remove' && request.kind !== 'Drop') return null;
  const { heal } = memory;
  if (memory.step !== 'healing' || heal === null) return 'taken away, and the journal does not say so';
  if (!allowed.includes(heal.kind)) return `${heal.kind} was not allowed`;
  if (request.kind === 'Remove') {
    if (request.dupid !== heal.dupid || view?.dupid !== heal.dupid) return 'another duplication is removed';
    return view.status === 'DS_PAUSE' ? 'a paused duplication is removed' : null;
  }
  if (view?.status !== 'none') return 'the table of a living duplication is dropped';
  const { appId, owner } = view.follower;
  const known = request.appId === heal.appId && request.owner === heal.owner;
  return known && appId === heal.appId && owner === heal.owner ? null : 'another table is dropped';
}

export const supervisorPromises = promisesOf<SupervisorContext, SupervisorEvent, SupervisorInput>({
  noDeadline: {},
  help,
  settled: ({ control }) => FINAL.test(control) || control === 'keeping',
  promises: [
    ...numbered<SupervisorContext, SupervisorEvent>({ ask: ['askSupervision'] }),
    {
      name: 'nothing is added or taken away unallowed, unseen or unrecorded (S-SUPERVISE-1)',
      ofStep: ({ after, effects }) =>
        requests(effects)
          .map((request) => whyNotAllowed(request, after))
          .find((why) => why !== null) ?? null,
    },
    {
      name: 'what is remembered is what the journal has taken (S-SUPERVISE-2)',
      ofStep: ({ before, after, event, effects }) => {
        const [request] = requests(effects);
        if (request?.kind === 'Record' && !same(request.memory, after.context.next)) return 'something else';
        if (same(before.context.memory, after.context.memory)) return null;
        const taken =
          before.control === 'recording' && event.type === 'SUPERVISION_REPLY' && event.error === 'ERR_OK';
        return taken ? null : 'remembered, and the journal does not say so';
      },
    },
    {
      name: 'what somebody has removed is not added again (S-SUPERVISE-1)',
      ofStep: ({ before, after }) =>
        before.context.memory.step === 'tracking' && after.context.memory.step === 'adding'
          ? 'added behind their back'
          : null,
    },
    {
      name: 'healings are counted and bounded (S-BOUND-1)',
      ofStep: ({ before, after }) => {
        const [was, is] = [before.context.memory, after.context.memory];
        if (is.heals > Math.max(after.context.healLimit, was.heals)) return `${is.heals} healings`;
        const begins = was.step !== 'healing' && is.step === 'healing';
        return is.heals === was.heals + (begins ? 1 : 0) ? null : 'a healing is not counted';
      },
    },
    {
      name: 'it ends well only with what was asked for (S-SUPERVISE-1)',
      ofStep: ({ before, after, event }) => {
        const ends =
          (after.control === 'done' || after.control === 'keeping') && before.control !== after.control;
        if (!ends) return null;
        const { view, verify } = after.context;
        if (view?.status !== 'DS_LOG') return `ended in ${view?.status}`;
        if (verify && !after.context.verified) return 'not compared';
        const compared = after.context.verified && !before.context.verified;
        return compared && !(event.type === 'SUPERVISION_REPLY' && event.equal === true)
          ? 'rows differ'
          : null;
      },
    },
    {
      name: 'what is paused is left to whoever paused it (S-PAUSE-1)',
      ofStep: ({ before, after, event }) =>
        before.control === 'looking' &&
        event.type === 'SUPERVISION_REPLY' &&
        event.requestNo === before.context.requestNo &&
        event.view?.status === 'DS_PAUSE' &&
        event.view.dupid === before.context.memory.dupid &&
        !/gaveUp|handedOver/.test(after.control)
          ? `goes on in ${after.control}`
          : null,
    },
    {
      name: 'what is done is forgiven, and another copy is compared anew (S-BOUND-1)',
      ofStep: ({ before, after }) => {
        const [was, is] = [before.context, after.context];
        const over =
          after.control === 'keeping' || after.control === 'done' || was.memory.step !== is.memory.step;
        if (over && before.control !== after.control && (is.attempt > 0 || is.trouble !== null))
          return 'not forgiven';
        const another = was.memory.dupid !== is.memory.dupid;
        return another && (is.verified || is.differs) ? 'another copy counts as compared' : null;
      },
    },
    {
      name: 'who hands over says why (L-WAIT-1)',
      ofStep: ({ after }) =>
        /gaveUp|handedOver/.test(after.control) && after.context.reason === null ? 'without a reason' : null,
    },
    {
      name: 'failed attempts are counted and bounded (S-BOUND-1)',
      ofStep: ({ before, after, event }) => {
        const { attempt, times, quietLooks, quietLooksLimit } = after.context;
        if (attempt > times.retry.limitAttempts) return `attempt ${attempt}`;
        if (quietLooks > quietLooksLimit) return `${quietLooks} quiet looks`;
        const failed =
          event.type === 'SUPERVISION_REPLY' &&
          event.error !== 'ERR_OK' &&
          event.requestNo === before.context.requestNo &&
          after.control === 'pausing' &&
          REQUESTING.test(before.control);
        return failed && attempt === 0 ? 'a failure is not counted' : null;
      },
    },
    {
      name: 'a look that works forgives the looks that did not (S-BOUND-1)',
      ofStep: ({ before, after, event }) =>
        before.control === 'looking' &&
        after.control === 'pausing' &&
        before.context.trouble?.operation === 'Look' &&
        event.type === 'SUPERVISION_REPLY' &&
        event.error === 'ERR_OK' &&
        event.view !== undefined &&
        after.context.attempt > 0
          ? `attempt ${after.context.attempt} after a look that worked`
          : null,
    },
    {
      name: 'the journal decides where it begins (S-SUPERVISE-2)',
      ofStart: ({ after, input }) =>
        same(after.context.memory, input.memory) ? null : 'something else is remembered',
    },
  ],
});
