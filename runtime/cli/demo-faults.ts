/** The troubles a demonstration can be put through, each named after what happens. */
import { filter, firstValueFrom } from 'rxjs';
import { DUPLICATION_STATUSES, type DuplicationStatus } from '../../machines/index.js';
import type { Cluster } from '../client/index.js';
import type { EmbeddedCluster } from '../cluster/embedded.js';
import type { PolicyRule } from '../cluster/policy.js';
import { fetchPolicy, setPolicy } from '../live/remote-commands.js';
import type { Explanation } from '../observe/explain.js';

export const DEMO_FAULTS = [
  'seed',
  'none',
  'create-timeout',
  'source-blocked',
  'app-exist-foreign',
  'kill-follower',
  'kill-source-meta',
] as const;
export type DemoFaultName = (typeof DEMO_FAULTS)[number];

/** What a fault may touch and look at. */
export interface DemoStage {
  readonly source: { readonly servers: EmbeddedCluster; readonly client: Cluster };
  readonly follower: { readonly servers: EmbeddedCluster; readonly client: Cluster };
  readonly table: string;
  readonly partitionCount: number;
  say(line: string): void;
  /** As `say`, of something that is done to a server at `host:port`, or to all. */
  strike(what: string, address?: string): void;
  /** Resolves with the first explanation that fits; rejects when the demonstration ends before. */
  until(fits: (explanation: Explanation) => boolean): Promise<Explanation>;
}

export interface DemoFault {
  readonly what: string;
  /** How the demonstration ends if everything goes as it should. */
  readonly ends: 'DS_LOG' | 'blocked';
  /** Before the duplication is added. */
  readonly prepare?: (stage: DemoStage) => Promise<void>;
  /** While it runs. */
  readonly during?: (stage: DemoStage) => Promise<void>;
}

const REPLY_LOST: DemoFault['what'] = 'the follower creates the table, its reply never comes back';
const BLOCKED = 'the follower’s nodes cannot reach the source';
const FOREIGN_OWNER = 'north/orders/17';
/** How long the trouble is left standing once it is visible, so that it can be read. */
const STANDING_MS = 1_500;

export const DEMO_FAULT: Record<DemoFaultName, DemoFault> = {
  seed: {
    what: `${REPLY_LOST}, and ${BLOCKED}`,
    ends: 'DS_LOG',
    prepare: (stage) => enforce(stage, [...replyLost(stage), ...blocked(stage)]),
    during: openWhenSeen,
  },
  none: { what: 'no fault', ends: 'DS_LOG' },
  'create-timeout': {
    what: REPLY_LOST,
    ends: 'DS_LOG',
    prepare: (stage) => enforce(stage, replyLost(stage)),
    during: async (stage) => {
      await stage.until(({ status }) => status === 'DS_LOG');
      stage.say('recovered by looking at the table’s owner; nobody had to touch the policy');
    },
  },
  'source-blocked': {
    what: BLOCKED,
    ends: 'DS_LOG',
    prepare: (stage) => enforce(stage, blocked(stage)),
    during: openWhenSeen,
  },
  'app-exist-foreign': {
    what: 'a table of that name appears at the follower and belongs to somebody else',
    ends: 'blocked',
    // Looking must fail while adding, or the addition would be refused at once, as it should be.
    prepare: (stage) =>
      enforce(stage, [
        { effect: 'drop', peer: stage.follower.servers.meta, operation: 'RPC_CM_LIST_APPS_ACK' },
      ]),
    during: async (stage) => {
      await stage.follower.client.createTable(stage.table, {
        partitionCount: stage.partitionCount,
        envs: {
          'duplication.master_cluster': 'north',
          'duplication.owner': FOREIGN_OWNER,
          'duplication.follower_app_status': 'created',
        },
      });
      stage.strike(`somebody else creates table ${stage.table} at the follower, owner ${FOREIGN_OWNER}`);
      await enforce(stage, []);
    },
  },
  'kill-follower': {
    what: 'every follower server is killed while it copies, one after the other',
    ends: 'DS_LOG',
    during: async (stage) => {
      await stage.until(({ status }) => status !== 'DS_INIT' && status !== 'DS_PREPARE');
      for (const { role, index, address } of stage.follower.servers.servers()) {
        stage.strike(`kill -9 follower ${role} ${index}`, address);
        await stage.follower.servers.kill(role, index);
      }
    },
  },
  'kill-source-meta': {
    what: 'the source’s meta server is killed in each status',
    ends: 'DS_LOG',
    during: async (stage) => {
      for (const status of ['DS_PREPARE', 'DS_APP', 'DS_LOG'] as const) {
        const seen = await stage.until((explanation) => reached(explanation, status));
        stage.strike(`kill -9 source meta in ${seen.status}`, stage.source.servers.meta);
        await killAndAwait(stage.source.servers, 'meta', 0);
      }
    },
  },
};

function reached({ status }: Explanation, wanted: DuplicationStatus): boolean {
  return DUPLICATION_STATUSES.indexOf(status) >= DUPLICATION_STATUSES.indexOf(wanted);
}

/** Kills a server and waits until it is back. */
async function killAndAwait(
  servers: EmbeddedCluster,
  role: 'meta' | 'replica',
  index: number,
): Promise<void> {
  const back = firstValueFrom(
    servers.events$.pipe(
      filter((event) => event.what === 'restarted' && event.role === role && event.index === index),
    ),
  );
  await servers.kill(role, index);
  await back;
}

function replyLost({ follower }: DemoStage): PolicyRule[] {
  return [{ effect: 'drop', peer: follower.servers.meta, operation: 'RPC_CM_CREATE_APP_ACK' }];
}

function blocked({ follower }: DemoStage): PolicyRule[] {
  const replicas = follower.servers.servers().filter(({ role }) => role === 'replica');
  return replicas.map(({ address }) => ({ effect: 'drop', peer: address, operation: '*' }));
}

/** Waits until the trouble is explained, lets it stand for a moment, then opens the policy. */
async function openWhenSeen(stage: DemoStage): Promise<void> {
  await stage.until(
    ({ status, waiting }) =>
      status === 'DS_APP' && waiting.some(({ trouble }) => (trouble?.hint ?? '').includes('cannot reach')),
  );
  await new Promise((resolve) => setTimeout(resolve, STANDING_MS));
  stage.strike('the operator opens the source’s policy');
  await enforce(stage, []);
}

/** Sets the source's policy and waits until every one of its servers has it. */
async function enforce({ source }: DemoStage, rules: readonly PolicyRule[]): Promise<void> {
  const policy = await setPolicy(source.client, rules);
  for (;;) {
    const known = await fetchPolicy(source.client);
    if (known?.nodes.every(({ policyVersion }) => policyVersion === policy?.version) === true) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
