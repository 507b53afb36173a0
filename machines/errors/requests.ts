/** Codes about the way to a server: network, leadership, permission, load. Where the answer came from matters. */
import type { ErrorFacts, PegasusErrorName } from './entry.js';

export const REQUEST_ERRORS = {
  ERR_OK: {
    kind: 'success',
    outcomeUnknown: false,
    what: 'The request was carried out, or there was nothing left to do.',
    consequence: 'Go on. For a table creation it means the table is registered, not that it holds data.',
    causes: ['Everything worked.'],
    next: 'bridle status {table}',
  },
  ERR_UNKNOWN: {
    kind: 'operator',
    outcomeUnknown: true,
    what: 'The server answered with a failure that has no name here.',
    consequence:
      'Nobody can say whether the request took effect, so nothing is repeated blindly. Read the state back first; the duplication keeps its status meanwhile.',
    causes: [
      'The server is newer than this program and sends a code that did not exist yet.',
      'The server met an error it does not classify; its own log has the detail.',
    ],
    next: 'bridle explain {table}',
  },
  ERR_TIMEOUT: {
    kind: 'retryable',
    outcomeUnknown: true,
    what: 'No answer arrived from the other side before the deadline.',
    consequence:
      'The request may have been carried out. Look before asking again: a creation that carries its owner can be repeated safely, anything else is decided by reading the state back. No data is lost; the duplication stays where it is.',
    causes: [
      'A firewall or security policy swallows packets in one direction, often follower to source, so the answer cannot come back.',
      'The other server is overloaded or its coordination store is slow.',
      'The request was forwarded to another meta server, which answers over a new connection that is blocked.',
      'The address leads to a machine that is down.',
    ],
    next: 'bridle explain {table}',
  },
  ERR_NETWORK_FAILURE: {
    kind: 'retryable',
    outcomeUnknown: true,
    what: 'The connection to the other side was refused or broke.',
    consequence:
      'If it broke after the request was sent, the request may have been carried out, so its result is looked up before it is repeated. Work goes on by itself once the server can be reached.',
    causes: [
      'The server process is stopped or restarting.',
      'A firewall rejects the connection in this direction.',
      'The host or port is wrong.',
    ],
    next: 'bridle explain {table}',
  },
  ERR_ACL_DENY: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'The security policy of the other side does not allow this caller to make this request.',
    consequence:
      'Nothing was done, and asking again changes nothing until the policy does. When the source refuses the follower, the follower table exists but stays empty; the source table is not affected.',
    causes: [
      "The source cluster's policy does not list the addresses of the follower's servers.",
      'The account is neither a superuser nor allowed to use this request.',
      'Policies were tightened after the duplication had started.',
    ],
    next: 'bridle policy show',
  },
  ERR_UNAUTHENTICATED: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'The server does not know who is asking: the connection has not proved an identity.',
    consequence:
      'Nothing was done. A duplication between a cluster that demands authentication and one that does not offer it cannot move until both agree.',
    causes: [
      'One cluster has authentication switched on and the other has not.',
      'The ticket or password has expired.',
      'The clock of one machine is off, so its ticket is not accepted.',
    ],
    next: 'bridle retry {table}',
  },
  ERR_FORWARD_TO_OTHERS: {
    kind: 'retryable',
    outcomeUnknown: false,
    what: 'The meta server that was asked is not the leader and did not pass the request on.',
    consequence:
      'Nothing was done there. The leader is looked up and asked instead; for a moment after a restart no server is the leader.',
    causes: [
      'The address given is that of a standby meta server.',
      'The meta servers have just restarted and are electing a leader.',
    ],
    next: 'bridle status {table}',
  },
  ERR_SERVICE_NOT_ACTIVE: {
    kind: 'retryable',
    outcomeUnknown: false,
    what: 'The service that should answer is not running on that server.',
    consequence:
      'Nothing was done. The answer is the same while a meta server starts and where duplication is switched off, so asking again has a limit; if it passes, look at the setting.',
    causes: [
      'The meta server is still starting.',
      'Duplication is switched off in the configuration of that cluster (duplication_enabled).',
    ],
    next: 'bridle status {table}',
  },
  ERR_UNDER_RECOVERY: {
    kind: 'retryable',
    outcomeUnknown: false,
    what: 'The meta server is rebuilding its state and takes no requests.',
    consequence: 'Nothing was done. Repeat the request once recovery has ended; running replicas go on.',
    causes: ['The cluster was started in recovery mode.', 'The state of the meta server was lost.'],
    next: 'bridle status {table}',
  },
  ERR_STATE_FREEZED: {
    kind: 'retryable',
    outcomeUnknown: false,
    what: 'The cluster is frozen and creates or changes no tables.',
    consequence:
      'The follower table cannot be created yet; the source waits and keeps its log. It goes on when the function level of that cluster is raised.',
    causes: [
      'Too few of its replica servers are alive, so the cluster protects itself.',
      'Somebody froze the cluster for maintenance.',
    ],
    next: 'bridle explain {table}',
  },
  ERR_BUSY: {
    kind: 'retryable',
    outcomeUnknown: false,
    what: 'The server is still working on an earlier change or copy and did not take this request.',
    consequence: 'Nothing was done by this request. Repeat it when the earlier one is stored.',
    causes: [
      'A status change of the same duplication is being written.',
      'A copy or a checkpoint of the same partition is running already.',
      'Writing to the coordination store is slow.',
    ],
    next: 'bridle status {table}',
  },
  ERR_TRY_AGAIN: {
    kind: 'retryable',
    outcomeUnknown: false,
    what: 'The work could not be completed this time and is meant to be repeated.',
    consequence:
      'A failed copy is taken up again, a checkpoint over the limit waits for a free slot. If the count keeps growing, the error underneath is the one to read.',
    causes: [
      'The follower could not fetch the checkpoint from the source.',
      'The server makes as many checkpoints at once as it is allowed to.',
    ],
    next: 'bridle explain {table}',
  },
  ERR_RETRY_EXHAUSTED: {
    kind: 'operator',
    outcomeUnknown: true,
    what: 'Every attempt the limit allows has failed, and the retry has ended.',
    consequence:
      'The duplication is blocked, not lost: status and data stay, and the source keeps the log the follower still needs, which takes disk space. The last attempt may have taken effect; retrying looks first.',
    causes: [
      'The cause of the last error before this one still holds; see the history.',
      'An outage lasted longer than all attempts together.',
    ],
    next: 'bridle retry {table}',
  },
  ERR_CAPACITY_EXCEEDED: {
    kind: 'retryable',
    outcomeUnknown: false,
    what: 'A bounded queue, window or throughput limit on the server is full.',
    consequence: 'The request was turned away. Sending more slowly is safe and is what the back-off does.',
    causes: ['More is written than the table or the server may take.', 'Replicas lag behind their primary.'],
    next: 'bridle status {table}',
  },
  ERR_HANDLER_NOT_FOUND: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'The server does not know this kind of request.',
    consequence:
      'Nothing was done, and this server will never do it. Upgrade it, or do without that request; duplications that run already are not touched.',
    causes: [
      'The server is older than the request.',
      'The address belongs to another kind of server, for example a replica server instead of a meta server.',
    ],
    next: 'bridle table list --meta {peer}',
  },
  ERR_CLUSTER_NOT_FOUND: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'No cluster is known under the name that was given.',
    consequence: 'Nothing was started. Give the name the source cluster has in its configuration.',
    causes: [
      'The name is misspelt.',
      'The source cluster has no meta server addresses or no cluster id for that name.',
    ],
    next: 'bridle duplicate {table} --to CLUSTER',
  },
  ERR_ADDRESS_ALREADY_USED: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'The port is taken by another process.',
    consequence: 'The server did not start. Data on disk was not touched.',
    causes: ['A cluster from an earlier run is still up.', 'Another program listens on that port.'],
    next: 'bridle up --meta-port ANOTHER_PORT --replicas N --data {path}',
  },
  ERR_LOCK_ALREADY_EXIST: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'Somebody else holds the lock.',
    consequence: 'This process stays out so that two do not write the same state. Stop the other one first.',
    causes: ['Another process uses the same data directory.', 'A second meta server holds the leader lock.'],
    next: 'bridle down --data {path}',
  },
} satisfies Partial<Record<PegasusErrorName, ErrorFacts>>;
