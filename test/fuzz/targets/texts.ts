/** JSON from other processes and from files: node sync, policies, recordings. */
import { nodeOrdersSchema, nodeReportSchema } from '../../../runtime/cluster/node-sync.js';
import { PolicyGate, policySchema } from '../../../runtime/cluster/policy.js';
import { RecordingError, readRecording } from '../../../runtime/observe/recording/read.js';
import { type FuzzTarget, hold, refusable } from '../target.js';

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value), 'utf8');
const parsed = (input: Buffer): unknown =>
  refusable(SyntaxError, () => JSON.parse(input.toString('utf8')) as unknown);

const RULES = [
  { effect: 'drop', peer: '*', operation: 'RPC_NFS_*' },
  { effect: 'allow', peer: '127.0.0.1:34801', operation: '*' },
];
const TROUBLE = {
  error: 'ERR_TIMEOUT',
  operation: 'RPC_NFS_COPY',
  peer: '127.0.0.1:1',
  node: '127.0.0.1:2',
  attempts: 3,
  firstSeenMs: 17,
};

const report: FuzzTarget = {
  name: 'node-report',
  format: 'json',
  maxBytes: 16 * 1024,
  seeds: () => [
    json({ node: '127.0.0.1:1', pid: 1, policyVersion: 0, partitions: [], leftovers: [] }),
    json({
      node: '127.0.0.1:1',
      pid: 1,
      policyVersion: 3,
      leftovers: [{ appId: 1, partitionIndex: 0 }],
      partitions: [
        {
          ...{
            appId: 1,
            partitionIndex: 0,
            state: 'copying',
            lastCommitted: 4,
            firstLogDecree: 1,
            logBytes: 90,
          },
          trouble: TROUBLE,
          transfer: {
            ...{ state: 'copying', waitingFor: 'x', primary: null, doneBytes: 1, totalBytes: 2 },
            ...{ filesDone: 0, filesTotal: 1, sinceMs: 5 },
          },
          duplications: [
            {
              ...{ duplicationId: 1, state: 'shipping', decree: -1, followerHolds: false, prepared: false },
              ...{ skippedMutations: 0, trouble: null },
            },
          ],
        },
      ],
    }),
  ],
  run(input) {
    const result = nodeReportSchema.safeParse(parsed(input));
    if (!result.success) return;
    const again = nodeReportSchema.safeParse(JSON.parse(JSON.stringify(result.data)));
    hold(again.success, 'a report that is taken, and refused when it is passed on');
  },
};

const orders: FuzzTarget = {
  name: 'node-orders',
  format: 'json',
  maxBytes: 16 * 1024,
  seeds: () => [
    json({ policy: { version: 2, rules: RULES }, partitions: [], drop: [{ appId: 1, partitionIndex: 0 }] }),
    json({
      policy: { version: 0, rules: [] },
      drop: [],
      partitions: [
        {
          ...{ appId: 1, appName: 'users', partitionIndex: 0, partitionCount: 4, owner: 'east/users/7' },
          master: { cluster: 'east', metas: ['127.0.0.1:1'], table: 'users' },
          existed: true,
          duplications: [
            {
              ...{ duplicationId: 7, status: 'DS_LOG', failMode: 'FAIL_SLOW', remoteMetas: ['127.0.0.1:1'] },
              ...{ remoteTable: 'users', owner: 'east/users/7', confirmedDecree: 4, retryNo: 0 },
            },
          ],
        },
      ],
    }),
  ],
  run(input) {
    const result = nodeOrdersSchema.safeParse(parsed(input));
    if (result.success) judge(result.data.policy);
  },
};

function judge(policy: Parameters<PolicyGate['set']>[0]): void {
  const gate = new PolicyGate();
  gate.set(policy);
  for (const operation of ['RPC_NFS_COPY', 'a'.repeat(200), 'RPC_'.repeat(40)]) {
    hold(
      ['allow', 'deny', 'drop'].includes(gate.decide({ host: '127.0.0.1', port: 1 }, operation)),
      'no verdict',
    );
  }
}

const policy: FuzzTarget = {
  name: 'policy',
  format: 'json',
  maxBytes: 8 * 1024,
  seeds: () => [
    json({ version: 1, rules: RULES }),
    json({ rules: [{ effect: 'deny', peer: '*'.repeat(20), operation: '*a*b' }] }),
  ],
  run(input) {
    const result = policySchema.safeParse(parsed(input));
    if (result.success) judge(result.data);
  },
};

const LINES = [
  {
    t: 'recording',
    version: 1,
    source: 'live',
    title: 'a run',
    madeBy: 'bridle 0.1.0',
    beganUs: 1,
    values: 'removed',
  },
  { t: 'process', at: 0, process: 'east meta', what: 'up', role: 'meta' },
  { t: 'actor', at: 12, process: 'east meta', actor: 'duplication/1', chart: 'duplication', value: 'idle' },
  { t: 'step', at: 840, process: 'east meta', actor: 'duplication/1', event: { type: 'CONFIRM' }, edges: [] },
  { t: 'note', at: 900, text: 'something else' },
];

const recording: FuzzTarget = {
  name: 'recording',
  format: 'bytes',
  maxBytes: 16 * 1024,
  seeds: () => [Buffer.from(`${LINES.map((line) => JSON.stringify(line)).join('\n')}\n`, 'utf8')],
  async run(input) {
    const chunks = async function* () {
      yield input.subarray(0, input.length >> 1);
      yield input.subarray(input.length >> 1);
    };
    try {
      const { lines, header } = await readRecording(chunks());
      hold(header.t === 'recording' && lines.length <= input.length, 'a recording of more lines than bytes');
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error;
    }
  },
};

export const TEXT_TARGETS: readonly FuzzTarget[] = [report, orders, policy, recording];
