/** What could be wrong with the creation of a follower table: upstream's #2146 and its neighbours. */
import type { FollowerReply, FollowerTableContext, FollowerTableEvent } from '../../../../machines/index.js';
import { formatOwner } from '../../../../machines/index.js';
import type { Plan } from '../mutant.js';
import { assigns, domain, effectSays, guardSees } from './edits.js';

type Context = FollowerTableContext;
type Event = FollowerTableEvent;

const verdictSees = (see: (context: Context, reply: FollowerReply) => [Context, FollowerReply]) =>
  guardSees<Context, Event>('verdict', ({ context, event }) => {
    if (event.type !== 'FOLLOWER_REPLY') return { context, event };
    const [seen, reply] = see(context, event);
    return { context: seen, event: reply };
  });

const owned = (reply: FollowerReply, owner: string): FollowerReply =>
  reply.table === undefined ? reply : { ...reply, table: { ...reply.table, owner } };

export const FOLLOWER_TABLE_MUTANTS: readonly Plan[] = [
  domain(
    'verdict.owner',
    'whatever table is there counts as this duplication’s own',
    verdictSees((context, reply) => [context, owned(reply, formatOwner(context.identity))]),
  ),
  domain(
    'verdict.cluster',
    'a table of the same source cluster counts as one’s own, as in upstream',
    verdictSees((context, reply) => {
      const ours = reply.table?.owner?.split('/')[0] === context.identity.sourceCluster;
      return [context, ours ? owned(reply, formatOwner(context.identity)) : reply];
    }),
  ),
  domain(
    'verdict.duplicationId',
    'a table of an earlier duplication of the same source table counts as one’s own',
    verdictSees((context, reply) => {
      const { sourceCluster, sourceTable } = context.identity;
      const ours = reply.table?.owner?.startsWith(`${sourceCluster}/${sourceTable}/`);
      return [context, ours ? owned(reply, formatOwner(context.identity)) : reply];
    }),
  ),
  domain(
    'verdict.stale',
    'a late answer is taken for the awaited one',
    verdictSees((context, reply) => [context, { ...reply, requestNo: context.requestNo }]),
  ),
  domain(
    'verdict.exists',
    'ERR_APP_EXIST ends the creation instead of raising the question whose it is (#2146)',
    verdictSees((context, reply) => [
      context,
      reply.error === 'ERR_APP_EXIST' ? { ...reply, error: 'ERR_ACL_DENY' } : reply,
    ]),
  ),
  domain(
    'verdict.attempts',
    'failures are repeated for ever',
    verdictSees((context, reply) => [{ ...context, attempt: 0 }, reply]),
  ),
  domain(
    'verdict.acknowledged',
    'a look that contradicts an acknowledgement is taken at its word, without a pause',
    verdictSees((context, reply) => [{ ...context, acknowledged: null }, reply]),
  ),
  domain(
    'verdict.replaced',
    'policy `replace` drops a foreign table more than once',
    verdictSees((context, reply) => [{ ...context, replaced: false }, reply]),
  ),
  domain(
    'verdict.adopt',
    'policy `adopt` drops a foreign table',
    verdictSees((context, reply) => [{ ...context, policy: 'replace' }, reply]),
  ),
  domain(
    'verdict.fail',
    'policy `fail` goes on with a table that was there before',
    verdictSees((context, reply) => [
      context.policy === 'fail' ? { ...context, policy: 'adopt' } : context,
      reply,
    ]),
  ),
  domain(
    'verdict.partitionCount',
    'a table with another number of partitions is adopted',
    verdictSees((context, reply) => [
      context,
      reply.table === undefined
        ? reply
        : { ...reply, table: { ...reply.table, partitionCount: context.partitionCount } },
    ]),
  ),
  domain(
    'verdict.timeout',
    'a request without an answer is taken for done',
    verdictSees((context, reply) => [
      context,
      reply.error === 'ERR_TIMEOUT' ? { ...reply, error: 'ERR_OK' } : reply,
    ]),
  ),
  domain(
    'noteTrouble.attempt',
    'attempts are counted without a limit',
    assigns<Context, Event>('noteTrouble', (given, { context }) => ({
      ...given,
      attempt: context.attempt + 1,
    })),
  ),
  domain(
    'askFollower.expectedOwner',
    'a table is dropped whoever owns it by then',
    effectSays('askFollower', ({ request }) => ({
      request:
        (request as { kind: string }).kind === 'DropTable'
          ? { ...(request as object), expectedOwner: undefined }
          : request,
    })),
  ),
  domain(
    'askFollower.owner',
    'a table is created without an owner, as upstream does',
    effectSays('askFollower', ({ request }) => {
      const { owner: _, ...rest } = request as { owner?: unknown };
      return { request: rest };
    }),
  ),
];
