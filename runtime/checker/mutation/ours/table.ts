/** What could be wrong with a table at the follower's meta: mostly that it forgets whose it is. */
import type { TableContext, TableEvent } from '../../../../machines/index.js';
import { decideCreate } from '../../../../machines/index.js';
import type { Plan } from '../mutant.js';
import { domain, effectSays, effectSees, guardIs, guardSees, startsWith, together } from './edits.js';

type Args = { readonly context: TableContext; readonly event: TableEvent };

const requestSees = (change: (envs: TableContext, context: TableContext) => Partial<TableContext>) => {
  const see = ({ context, event }: Args): Args => ({
    context,
    event:
      event.type === 'CREATE'
        ? { ...event, envs: { ...event.envs, ...change(event.envs as TableContext, context) } }
        : event,
  });
  return together(guardSees('marks', see), effectSees('answer', see));
};

export const TABLE_MUTANTS: readonly Plan[] = [
  domain(
    'decideCreate.owner',
    'a creation is acknowledged whoever owns the table',
    requestSees((_, { owner }) => ({ owner })),
  ),
  domain(
    'decideCreate.unowned',
    'a requester that names no owner is acknowledged for an owned table',
    requestSees((envs, { owner }) => (envs.owner === null ? { owner } : {})),
  ),
  domain(
    'decideCreate.masterCluster',
    'a creation is acknowledged whatever cluster it comes from',
    requestSees((_, { masterCluster, owner }) => ({ masterCluster, owner })),
  ),
  domain(
    'marks.never',
    'the mark `created` is acknowledged and not written',
    guardIs('marks', () => false),
  ),
  domain(
    'marks.always',
    'any creation that may have the table marks it',
    guardIs<TableContext, TableEvent>(
      'marks',
      ({ context, event }) => event.type === 'CREATE' && decideCreate(event.envs, context).error === 'ERR_OK',
    ),
  ),
  domain(
    'otherOwner.ignored',
    'a table is dropped for whoever asks',
    guardIs('otherOwner', () => false),
  ),
  domain(
    'recovery.durable',
    'a restarted meta server begins to create the table anew',
    startsWith((context) => ({ ...context, durable: 'AS_CREATING' })),
  ),
  domain(
    'recovery.owner',
    'a restarted meta server forgets whose table it is',
    startsWith((context) => ({ ...context, owner: null })),
  ),
  domain(
    'recovery.followerStatus',
    'a restarted meta server forgets that the table is marked `created`',
    startsWith((context) => ({ ...context, followerStatus: 'creating' })),
  ),
  domain(
    'persistTable.status',
    'a dropped table is written as available',
    effectSays('persistTable', (params) => ({ ...params, status: 'AS_AVAILABLE' })),
  ),
  domain(
    'full.limit',
    'requesters wait without a limit',
    guardIs('full', () => false),
  ),
];
