/** What the creation of a follower table promises: only one's own is adopted, and every failure is told. */
import type {
  FollowerReply,
  FollowerRequest,
  FollowerTableContext,
  FollowerTableEvent,
  FollowerTableInput,
  Readiness,
  TableView,
} from '../../../../machines/index.js';
import { describeError, formatOwner } from '../../../../machines/index.js';
import { asked, numbered, promisesOf, timerOf, type View } from './promise.js';

type Context = FollowerTableContext;

/** Which question each state asks. */
const ASKS: Readonly<Record<string, FollowerRequest['kind']>> = {
  'asking.looking': 'LookTable',
  'asking.requesting': 'CreateTable',
  'asking.dropping': 'DropTable',
  'asking.marking': 'MarkCreated',
  'asking.checking': 'QueryPartitions',
};

const ours = ({ identity }: Context, table: TableView | undefined): boolean =>
  table?.owner === formatOwner(identity);

/** Further than ever: more partitions are ready, or as many and more bytes are there while none is in trouble. */
function further({ furthest }: Context, readiness: Readiness | null): boolean {
  const { readyPartitions = 0, copiedBytes = 0, trouble = null } = readiness ?? {};
  if (readyPartitions !== furthest.readyPartitions) return readyPartitions > furthest.readyPartitions;
  return trouble === null && copiedBytes > furthest.copiedBytes;
}

/** A follower that does what it is asked. */
function answer(context: Context): FollowerReply {
  const { requestNo, asked: question, goal, identity, partitionCount } = context;
  const reply: FollowerReply = { type: 'FOLLOWER_REPLY', requestNo, error: 'ERR_OK' };
  const there = goal === 'dropped' ? context.acknowledged !== 'DropTable' : context.requested;
  if (question === 'LookTable' && !there) return { ...reply, error: 'ERR_APP_NOT_EXIST' };
  const table: TableView = {
    status: 'AS_AVAILABLE',
    owner: formatOwner(identity),
    masterCluster: identity.sourceCluster,
    followerStatus: 'creating',
    partitionCount,
  };
  if (question === 'LookTable') return { ...reply, table };
  if (question !== 'QueryPartitions') return reply;
  return { ...reply, readiness: { readyPartitions: partitionCount, partitionCount, trouble: null } };
}

function help(view: View<Context>) {
  return view.control.startsWith('asking.')
    ? { event: answer(view.context) }
    : timerOf(view, `followerTable.${view.control}`);
}

const END = { adopted: 'adopted', ready: 'ready', dropped: 'gone' } as const;

export const followerTablePromises = promisesOf<Context, FollowerTableEvent, FollowerTableInput>({
  noDeadline: {},
  help,
  settled: () => false,
  promises: [
    ...numbered<Context, FollowerTableEvent>({ says: ['noteStaleReply'], ask: ['askFollower'] }),
    {
      name: 'OwnTable (S-OWN-1)',
      ofStep: ({ before, after, event, timer }) => {
        if (event.type !== 'FOLLOWER_REPLY' || timer !== undefined) return null;
        if (before.control === after.control || before.context.asked !== 'LookTable') return null;
        const { control, context } = after;
        const mine = ours(context, event.table);
        const trusted =
          mine && (context.policy !== 'fail' || before.context.requested || context.goal !== 'adopted');
        const relies = ['adopted', 'asking.marking', 'asking.checking'].includes(control);
        if (relies && !trusted) return `a table of ${event.table?.owner} is relied on`;
        if (relies && event.table?.partitionCount !== context.partitionCount)
          return 'another partition count';
        if (control === 'asking.dropping' && context.goal !== 'dropped') {
          if (mine || context.policy !== 'replace' || before.context.replaced)
            return 'it drops what it may not';
        }
        if (control === 'asking.dropping' && context.goal === 'dropped' && !mine) return 'it drops another’s';
        if (control === 'gone' && mine) return 'gone, and it is there';
        if (control === 'asking.requesting' && event.table !== undefined) return 'it creates what is there';
        return null;
      },
    },
    {
      name: 'OwnTable: what is asked for (S-OWN-1)',
      ofStep: ({ after, effects }) => {
        for (const { request } of asked<{ request: FollowerRequest }>(effects, 'askFollower')) {
          const { identity, remoteTable, partitionCount, replicaCount, replacing } = after.context;
          if (request.kind !== ASKS[after.control]) return `${after.control} asks ${request.kind}`;
          if (request.table !== remoteTable) return `another table is asked for`;
          if (request.kind === 'DropTable' && request.expectedOwner !== replacing) return 'another owner';
          if (request.kind === 'CreateTable' || request.kind === 'MarkCreated') {
            if (!request.owner || formatOwner(request.owner) !== formatOwner(identity))
              return 'another owner';
            if (request.partitionCount !== partitionCount || request.replicaCount !== replicaCount)
              return 'another size';
          }
        }
        return null;
      },
    },
    {
      name: 'every question is asked (L-SETTLE-1)',
      ofStep: ({ before, after, effects, event }) => {
        const entered = after.control in ASKS && before.control !== after.control;
        const again = asked(effects, 'askFollower').length;
        if (entered && again !== 1) return `${after.control} asks ${again} times`;
        if (entered && after.context.asked !== ASKS[after.control])
          return `it expects ${after.context.asked}`;
        if (!entered && again > 0) return 'asked once more';
        const awaited = event.type === 'FOLLOWER_REPLY' && event.requestNo === before.context.requestNo;
        if (awaited && before.control in ASKS && before.control === after.control)
          return 'no answer to an answer';
        const look = before.context.asked === 'LookTable';
        if (entered && after.control === 'asking.dropping' && look && event.type === 'FOLLOWER_REPLY') {
          if (after.context.replacing !== (event.table?.owner ?? null)) return 'it forgets whose it drops';
        }
        return null;
      },
    },
    {
      name: 'each answer leads on (L-SETTLE-1)',
      ofStep: ({ before, after, event, timer }) => {
        if (event.type !== 'FOLLOWER_REPLY' || timer !== undefined) return null;
        if (event.requestNo !== before.context.requestNo || !(before.control in ASKS)) return null;
        const { error } = event;
        const absent = error === 'ERR_APP_NOT_EXIST';
        const question = before.context.asked;
        const calm = after.control !== 'backingOff' && after.control !== 'blocked';
        if (error === 'ERR_TIMEOUT' && calm) return 'a timeout is taken for an answer';
        if (error === 'ERR_ACL_DENY' && after.control !== 'blocked')
          return `${error} leads to ${after.control}`;
        if (!calm) return null;
        const { goal } = after.context;
        if (question === 'CreateTable' || question === 'DropTable') {
          return after.control === 'asking.looking' ? null : `${question} leads to ${after.control}`;
        }
        if (question === 'MarkCreated') {
          return after.control === (absent ? 'asking.looking' : 'asking.checking')
            ? null
            : 'a mark leads astray';
        }
        if (question === 'QueryPartitions') {
          const all = event.readiness?.readyPartitions === after.context.partitionCount;
          const next = absent ? 'asking.looking' : all ? 'ready' : 'copying';
          if (after.control !== next) return `${question} leads to ${after.control}`;
          return absent || after.context.readiness?.readyPartitions === event.readiness?.readyPartitions
            ? null
            : 'readiness is forgotten';
        }
        const mine = ours(before.context, event.table);
        if (goal === 'dropped')
          return after.control === (mine ? 'asking.dropping' : 'gone') ? null : 'astray';
        const { acknowledged } = before.context;
        if (absent && acknowledged === 'CreateTable') return 'a contradiction is taken at its word';
        if (absent) return after.control === 'asking.requesting' ? null : `absence leads to ${after.control}`;
        if (!mine)
          return after.control === 'asking.dropping' ? null : `a foreign table leads to ${after.control}`;
        const marked = event.table?.followerStatus === 'created' ? 'asking.checking' : 'asking.marking';
        return after.control === (goal === 'adopted' ? 'adopted' : marked)
          ? null
          : `it goes to ${after.control}`;
      },
    },
    {
      name: 'Settles where it was to (L-SETTLE-1)',
      ofStep: ({ after: { status, control, context } }) =>
        status === 'done' && control !== END[context.goal] ? `${context.goal} ends ${control}` : null,
    },
    {
      name: 'an obstacle is told, once for each time (L-STUCK-1)',
      ofStep: ({ before, after, effects }) => {
        const tells = ['backingOff', 'blocked', 'copying'].includes(after.control);
        const [told, ...more] = asked<{ trouble: unknown; blocked: boolean }>(effects, 'FOLLOWER_TROUBLE');
        if (!tells || before.control === after.control)
          return told === undefined ? null : 'told for no reason';
        if (told === undefined || more.length > 0) return 'trouble is not told';
        if (told.blocked !== (after.control === 'blocked'))
          return `told as ${told.blocked ? '' : 'not '}blocked`;
        if (told.trouble !== after.context.trouble) return 'other trouble is told';
        return after.control === 'copying' || after.context.trouble !== null ? null : 'no trouble to tell of';
      },
    },
    {
      name: 'trouble says what and where (L-WAIT-1)',
      ofStep: ({ before, after, event, timer }) => {
        const failed = ['backingOff', 'blocked'].includes(after.control) && before.control !== after.control;
        const { trouble } = after.context;
        if (!failed) return null;
        if (!trouble?.operation || !trouble.error) return 'trouble without a name';
        const limit = after.context.times.retry.limitAttempts;
        if (after.context.attempt !== Math.min(before.context.attempt + 1, limit))
          return 'the attempt is not counted';
        if (after.control === 'backingOff' && after.context.attempt >= limit)
          return 'repeated without a limit';
        const error = timer === undefined ? (event as FollowerReply).error : 'ERR_TIMEOUT';
        const plain = describeError(error).kind === 'retryable' && after.control === 'backingOff';
        return !plain || trouble.error === error ? null : `it says ${trouble.error}`;
      },
    },
    {
      name: 'progress is told, and starts attempts anew (L-STUCK-1)',
      ofStep: ({ before, after, effects, event }) => {
        const told = asked(effects, 'FOLLOWER_PROGRESS').length > 0;
        const marked = before.control === 'asking.marking' && after.control === 'asking.checking';
        const { readiness } = after.context;
        const polled = before.control === 'asking.checking' && event.type === 'FOLLOWER_REPLY';
        const here = polled && (after.control === 'copying' || after.control === 'ready');
        const due = marked || (here && (further(before.context, readiness) || after.control === 'ready'));
        if (told !== due) return told ? 'progress is told, and there is none' : 'progress is not told';
        const { acknowledged, furthest } = after.context;
        const isNew = acknowledged === 'CreateTable' && before.context.acknowledged !== acknowledged;
        if (isNew && furthest.readyPartitions + furthest.copiedBytes > 0)
          return 'a table that is made anew is as far as the one before';
        if (here && further(before.context, readiness) && further(after.context, readiness))
          return 'it forgets how far it has come';
        const settled = here || after.control === 'adopted' || after.control === 'gone';
        if (settled && after.context.attempt !== 0) return 'attempts go on after progress';
        if (here && after.context.trouble !== (readiness?.trouble ?? null))
          return 'trouble of the partitions is lost';
        return settled && !here && after.context.trouble !== null ? 'old trouble is kept' : null;
      },
    },
    {
      name: 'an operator starts attempts anew (L-OBEY-1)',
      ofStep: ({ before, after, event }) => {
        if (event.type !== 'RETRY_NOW') return null;
        if (before.control === 'copying')
          return after.control === 'asking.checking' ? null : 'nothing is retried';
        if (!['backingOff', 'blocked'].includes(before.control))
          return before.control === after.control ? null : 'lost';
        const { attempt, replaced } = after.context;
        return after.control === 'asking.looking' && attempt === 0 && !replaced
          ? null
          : 'nothing starts anew';
      },
    },
    {
      name: 'a deadline leads on (L-WAIT-1)',
      ofStep: ({ before, after, timer }) => {
        if (timer === undefined) return null;
        if (before.control in ASKS) {
          return ['backingOff', 'blocked'].includes(after.control) ? null : `it goes to ${after.control}`;
        }
        return after.control === (before.control === 'copying' ? 'asking.checking' : 'asking.looking')
          ? null
          : `it goes to ${after.control}`;
      },
    },
    {
      name: 'what was acknowledged is remembered until it is seen (L-SETTLE-1)',
      ofStep: ({ before, after }) => {
        const { acknowledged, requested, replaced } = after.context;
        if (!requested && (before.context.requested || after.control === 'asking.requesting'))
          return 'forgotten';
        if (before.control === 'asking.requesting' && after.control === 'asking.looking') {
          return acknowledged === 'CreateTable' || after.context.attempt > before.context.attempt
            ? null
            : 'a creation is forgotten';
        }
        if (before.control !== 'asking.dropping' || after.control !== 'asking.looking') return null;
        return acknowledged === 'DropTable' && replaced ? null : 'a drop is forgotten';
      },
    },
  ],
});
