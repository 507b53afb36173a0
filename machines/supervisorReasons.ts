/** Why a supervisor hands over: what it saw, as a trouble with a code of the catalogue and a next command. */
import { describeError } from './errors.js';
import type { Trouble } from './messages.js';
import { BEFORE_LOG, isBroken, type SupervisionView, wantedHeal } from './supervisorHeals.js';
import { isPermitted, type SightContext, type SupervisionReply } from './supervisorVerdict.js';

/** Why somebody has to decide, in the terms the operator will read. */
export function reasonToHandOver(context: SightContext, reply: SupervisionReply): Trouble {
  const { asked } = context;
  const hint = reply.hint === undefined ? {} : { hint: reply.hint };
  if (reply.error !== 'ERR_OK' && !(asked === 'Add' && reply.error === 'ERR_APP_EXIST')) {
    return { error: reply.error, operation: asked, ...hint };
  }
  if (asked === 'Preflight') return { error: 'BRIDLE_PREFLIGHT', operation: asked, ...hint };
  if (asked === 'Verify') return { error: 'BRIDLE_ROWS_DIFFER', operation: asked, ...hint };
  return reply.view === undefined
    ? { error: 'ERR_INVALID_DATA', operation: asked }
    : reasonOfView(context, reply.view);
}

function reasonOfView(context: SightContext, view: SupervisionView): Trouble {
  const { memory } = context;
  const { status, follower } = view;
  const because = (error: string, hint: string): Trouble => ({ error, operation: 'Look', hint });
  if (status === 'DS_PAUSE') return because('BRIDLE_PAUSED', `duplication ${view.dupid} is in DS_PAUSE`);
  const known = context.next?.step === 'tracking' ? context.next : memory;
  if (status === 'none' && known.step === 'tracking') {
    return because('BRIDLE_DUPLICATION_GONE', `duplication ${known.dupid} is not there any more`);
  }
  const heal = memory.heal?.kind ?? wantedHeal(context, view);
  if (heal !== null) {
    const { error, hint } = why(view);
    return isPermitted(context, heal)
      ? because(error, `${hint}; ${memory.heals} healings did not help, and there is a limit`)
      : { error: 'BRIDLE_NEEDS_PERMISSION', operation: heal, hint };
  }
  if (follower.claim === 'foreign' && (status === 'none' || BEFORE_LOG.has(status))) {
    return because('BRIDLE_FOREIGN_TABLE', why(view).hint);
  }
  return view.trouble ?? because('BRIDLE_NO_PROGRESS', `${status} without progress, and nothing says why`);
}

/** What is the matter with it, whatever may be done about it. */
function why(view: SupervisionView): { readonly error: string; readonly hint: string } {
  const { follower, status, trouble, skippedMutations } = view;
  const table = `table ${follower.appId} at the follower`;
  if (isBroken(view)) {
    const hint =
      skippedMutations > 0
        ? `${skippedMutations} mutations were skipped and are missing at the follower`
        : (trouble?.hint ?? describeError(trouble?.error ?? '').what);
    return { error: trouble?.error ?? 'BRIDLE_ROWS_DIFFER', hint };
  }
  switch (follower.claim) {
    case 'orphan':
      return {
        error: 'ERR_APP_EXIST',
        hint: `${table} was made by this duplication, which cannot take it up`,
      };
    case 'leftover':
      return {
        error: 'ERR_APP_EXIST',
        hint: `${table} was left by an earlier duplication (${follower.owner ?? 'no owner told'})`,
      };
    case 'foreign':
      return {
        error: 'BRIDLE_FOREIGN_TABLE',
        hint: `${table} belongs to ${follower.owner ?? 'no duplication'}`,
      };
    default:
      return {
        error: trouble?.error ?? 'BRIDLE_NO_PROGRESS',
        hint: `${status}, with the table at the follower ${follower.claim}`,
      };
  }
}
