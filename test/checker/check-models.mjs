/** Models for the command line: files of somebody who has nothing of ours but the shape of a model. */
const assumptions = {
  name: 'nothing goes wrong',
  loss: 0,
  duplication: 0,
  reorder: false,
  crashes: {},
  roleChanges: 0,
  storageTimeouts: 0,
  operator: {},
  sizes: {},
  lateMessages: 0,
};

const counter = (name, limit) => ({
  name,
  start: () => ({ local: 0 }),
  moves: (local) => (local < limit ? [{ label: 'timer tick', kind: 'timer', local: local + 1 }] : []),
  receive: (local) => [{ local }],
  key: (local) => String(local),
  describe: (local) => `at ${local}`,
});

const below = (name, limit, situation = () => true) => ({
  name,
  kind: 'state',
  sentence: `The first counter stays below ${limit}.`,
  over: { c0: (local) => local },
  holds: ({ c0 }) => c0 < limit,
  situation,
});

const model = (name, count, limit, properties) => ({
  name,
  assumptions,
  processes: Array.from({ length: count }, (_, at) => counter(`c${at}`, limit)),
  budgets: {},
  properties,
});

export const holds = model('two counters', 2, 3, [below('Below4', 4)]);
export const violated = model('two counters', 2, 3, [below('Below4', 4), below('Below2', 2)]);
export const vacuous = model('two counters', 2, 3, [below('Below4', 4, () => false)]);
/** A billion states: nobody waits for its end. */
export const endless = model('many counters', 9, 9, [below('Below99', 99)]);
export const endlessAndViolated = model('many counters', 9, 9, [below('Below2', 2)]);
export const wrong = { ...holds, processes: [counter('c0', 1), counter('c0', 1)] };
export const other = 1;
