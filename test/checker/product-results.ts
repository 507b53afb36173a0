/** Results of explorations, made by hand: one of each kind that has to be rendered. */
import type { Assumptions, Message } from '../../runtime/checker/product/model.js';
import type { CheckResult, TraceStep, Verdict } from '../../runtime/checker/product/result.js';

export const ASSUMPTIONS: Assumptions = {
  name: 'small',
  loss: 1,
  duplication: 0,
  reorder: true,
  crashes: { meta: 1 },
  roleChanges: 0,
  storageTimeouts: 2,
  operator: {},
  sizes: { partitions: 2 },
  lateMessages: 1,
  notes: ['storage keeps the order'],
};

export const message = (from: string, to: string, kind: string, body: Message['body'] = null): Message => ({
  from,
  to,
  kind,
  body,
});

type Change = Partial<TraceStep> & Pick<TraceStep, 'process' | 'what'>;

/** Steps that remember where every process is, as the explorer tells them. */
export function story(start: Readonly<Record<string, string>>, changes: readonly Change[]): TraceStep[] {
  let after = start;
  const first: TraceStep = {
    process: '',
    what: 'start',
    label: 'start',
    message: null,
    sends: [],
    after,
    inFlight: [],
  };
  return [
    first,
    ...changes.map((change): TraceStep => {
      after = { ...after, ...change.after };
      return { label: change.message?.kind ?? '', message: null, sends: [], inFlight: [], ...change, after };
    }),
  ];
}

const CREATE = message('meta', 'follower', 'CREATE', { table: 'users', owner: 7 });
const ANSWER: Message = { ...message('follower', 'meta', 'ANSWER', { error: 'ERR_OK' }), late: true };

export const SAFETY: Verdict = {
  property: 'NoGap',
  kind: 'state',
  sentence: 'Shipping starts with the decree after the applied one.',
  verdict: 'violated',
  vacuous: false,
  counterexample: {
    steps: story({ meta: 'DS_INIT', follower: 'nothing' }, [
      {
        process: 'meta',
        what: 'move',
        label: 'effect create',
        sends: [CREATE],
        after: { meta: 'DS_PREPARE' },
      },
      {
        process: 'follower',
        what: 'receive a copy',
        message: CREATE,
        sends: [ANSWER],
        after: { follower: 'created' },
      },
      { process: 'network', what: 'lose', message: ANSWER },
      { process: 'meta', what: 'move', label: 'crash', after: { meta: 'down' }, inFlight: [CREATE] },
    ]),
    loop: null,
    why: 'the follower holds decree 3; 4 is missing.',
  },
};

export const LASSO: Verdict = {
  property: 'Settles',
  kind: 'leadsTo',
  sentence: 'It settles.',
  verdict: 'violated',
  vacuous: false,
  counterexample: (() => {
    const all = story({ meta: 'asking', follower: 'exists' }, [
      { process: 'meta', what: 'move', label: 'timer "retry"; #1', sends: [CREATE] },
      { process: 'follower', what: 'receive', message: CREATE, sends: [ANSWER] },
      { process: 'meta', what: 'receive', message: ANSWER, after: { meta: 'waiting' } },
      { process: 'meta', what: 'move', label: 'timer backoff', after: { meta: 'asking' } },
    ]);
    return { steps: all.slice(0, 2), loop: all.slice(2), why: 'meta asks for ever.' };
  })(),
};

export const STUTTER: Verdict = {
  ...LASSO,
  property: 'Releases',
  counterexample: {
    steps: story({ meta: 'waiting' }, [
      {
        process: 'meta',
        what: 'move',
        label: 'operator remove',
        inFlight: [CREATE],
        after: { meta: 'stuck' },
      },
    ]),
    loop: [],
    why: 'nothing can happen any more.',
  },
};

export const HOLDS: Verdict = {
  property: 'Monotone',
  kind: 'step',
  sentence: 'The confirmed decree never decreases.',
  verdict: 'holds',
  vacuous: false,
  counterexample: null,
};
export const VACUOUS: Verdict = { ...HOLDS, property: 'OwnTable', vacuous: true };
export const UNKNOWN: Verdict = { ...HOLDS, property: 'PerKeyOrder', verdict: 'unknown' };

export function resultOf(verdicts: readonly Verdict[], more: Partial<CheckResult> = {}): CheckResult {
  return {
    model: 'pair',
    assumptions: ASSUMPTIONS,
    states: 12_345,
    transitions: 67_890,
    depth: 21,
    seconds: 0.5,
    bytesPerState: 24.4,
    reductions: ['budgets'],
    bound: null,
    verdicts,
    ...more,
  };
}
