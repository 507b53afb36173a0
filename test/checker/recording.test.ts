/** Counterexamples as recordings: what the inspector shows is what the model did. */
import { describe, expect, it } from 'vitest';
import { check, type Model } from '../../runtime/checker/product/index.js';
import { duplicationModel } from '../../runtime/checker/product/ours/index.js';
import { counterexampleAsRecording } from '../../runtime/checker/product/render/index.js';
import { parseLine } from '../../runtime/observe/recording/read.js';
import { writeLine } from '../../runtime/observe/recording/write.js';
import { readChart } from '../../visualizations/diagrams/read-chart.js';
import { upstreamModels } from '../upstream/index.js';
import { handshake } from './product-models.js';
import { HOLDS } from './product-results.js';
import { expectTold, indexOf, randomWalk, violated, worldsOf } from './recording-walks.js';

const WALKS = 8;
const STEPS = 150;
const BEFORE = upstreamModels('before');
const A1 = BEFORE.find(({ name }) => name.startsWith('A1 '))!;

const everythingGoesWrong = duplicationModel({
  name: 'everything goes wrong',
  ...{ loss: 5, duplication: 5, lateMessages: 2, delayed: 2, slowAnswers: 3, storageTimeouts: 3, writes: 2 },
  crashes: { sourceMeta: 2, sourceNode: 2, followerMeta: 2, followerNode: 2 },
  operator: { pause: 2, start: 2, remove: 2, add: 2 },
});

async function found(model: Model) {
  const result = await check(model);
  return { result, verdict: result.verdicts.find(({ counterexample }) => counterexample !== null)! };
}

describe('a walk through a product as a recording', () => {
  it.each(Array.from({ length: WALKS }, (_, seed) => seed))(
    'given our charts and every fault, when walked with seed %i, then states are the model’s at each step',
    (seed) => expectTold(randomWalk(everythingGoesWrong, seed, STEPS)),
  );

  it.each(BEFORE.map((model) => ({ model, name: model.name })))(
    'given upstream’s charts in $name, then states are the model’s at each step',
    ({ model }) => expectTold(randomWalk(model, 1, STEPS)),
  );
});

describe('a counterexample as a recording', () => {
  it('given #2146, then the answer is drawn as lost, and the end is where the trace ends', async () => {
    const { result, verdict } = await found(A1);
    const { header, lines } = counterexampleAsRecording(result, verdict, { diagramOf: readChart });
    expect(header).toMatchObject({
      source: 'counterexample',
      beganUs: null,
      title: `PrepareLeadsToLog of ${A1.name}`,
    });
    expect(lines.filter(({ t }) => t === 'chart').map((line) => (line as { chart: string }).chart)).toEqual([
      'metaDuplication',
      'followerApp',
    ]);
    const index = indexOf(verdict);
    const lost = [...index.messages.values()].filter((message) => message.lost !== null);
    expect(lost).toMatchObject([{ kind: 'created', from: 'followerMeta', to: 'sourceMeta', received: [] }]);
    const { steps, loop } = verdict.counterexample!;
    expect(worldsOf(index).at(-1)!.actors.get('sourceMeta/duplication/1')?.state).toBe('DS_PREPARE');
    expect(index.verdicts).toMatchObject([
      { property: 'PrepareLeadsToLog', verdict: 'violated', loopFrom: steps.length },
    ]);
    expect(steps.length + loop!.length).toBe(index.moment(index.length - 1).at + 1);
    expectTold(verdict.counterexample!);
  });

  it('given #2146, then each step names the transitions it took, as diagrams do', async () => {
    const { result, verdict } = await found(A1);
    const { lines } = counterexampleAsRecording(result, verdict, { diagramOf: readChart });
    const drawn = lines.flatMap((line) =>
      line.t === 'chart' ? [line.diagram as { edges: { id: string }[] }] : [],
    );
    const known = new Set(drawn.flatMap(({ edges }) => edges.map(({ id }) => id)));
    const taken = lines.flatMap((line) => (line.t === 'step' ? line.edges : []));
    expect(taken).toContain('metaDuplication.DS_PREPARE SYNCED');
    expect(taken.filter((edge) => !known.has(edge))).toEqual([]);
    expect(lines.some((line) => line.t === 'step' && line.effects?.[0]?.name === 'createFollower')).toBe(
      true,
    );
    expect(lines.some((line) => line.t === 'step' && line.guards?.some(({ said }) => !said))).toBe(true);
  });

  it('given a crash, then the process dies and is up again, and its charts with it', async () => {
    const { verdict } = await found(BEFORE.find(({ name }) => name.startsWith('U2 '))!);
    const index = indexOf(verdict);
    const at = index.lines.findIndex((line) => line.t === 'process' && line.what === 'died');
    expect(index.lines.slice(at, at + 5)).toMatchObject([
      { t: 'process', process: 'sourceMeta', what: 'died' },
      { t: 'end', actor: 'duplication/1' },
      { t: 'process', process: 'sourceMeta', what: 'restarted' },
      { t: 'step', actor: 'process', event: { type: 'crash and restart' } },
      { t: 'actor', actor: 'duplication/1', state: 'DS_APP' },
    ]);
  });

  it('given a request of an operator, then it is a message', async () => {
    const { verdict } = await found(BEFORE.find(({ name }) => name.startsWith('A31 '))!);
    const asked = [...indexOf(verdict).messages.values()].filter(({ from }) => from === 'operator');
    expect(asked).toMatchObject([{ kind: 'pause', to: 'sourceMeta' }, { kind: 'pause' }]);
  });

  it('given a message that is delayed, then it is drawn so from the start', () => {
    const seeds = Array.from({ length: WALKS }, (_, seed) => seed);
    const delayed = seeds.flatMap((seed) => [
      ...indexOf(violated(randomWalk(everythingGoesWrong, seed, STEPS))).messages.values(),
    ]);
    expect(delayed.some((message) => message.delayed && message.received.length > 0)).toBe(true);
    expect(delayed.some((message) => message.received.length > 1)).toBe(true);
    expect(delayed.some((message) => message.lost !== null)).toBe(true);
  });

  it('given a process without charts, then its words are its state', async () => {
    const { verdict } = await found(handshake({ loss: 1, retries: false }));
    const last = worldsOf(indexOf(verdict)).at(-1)!;
    const words = verdict.counterexample!.steps.at(-1)!.after;
    expect(last.actors.get('client/process')).toMatchObject({
      state: words.client,
      context: { words: words.client },
    });
  });

  it('given that nothing more happens, then that is noted before the verdict', async () => {
    const { verdict } = await found(handshake({ loss: 1, retries: false }));
    expect(verdict.counterexample?.loop).toEqual([]);
    expect(indexOf(verdict).lines.slice(-2)).toMatchObject([
      { t: 'note', text: 'from here nothing more happens, for ever' },
      { t: 'verdict', verdict: 'violated' },
    ]);
  });

  it('given a counterexample from a file, then processes in words, and no charts', async () => {
    const { verdict } = await found(A1);
    const index = indexOf(JSON.parse(JSON.stringify(verdict)));
    expect(index.actors.every(({ chart }) => chart === null)).toBe(true);
    const words = verdict.counterexample!.loop!.at(-1)!.after.sourceMeta;
    expect(worldsOf(index).at(-1)!.actors.get('sourceMeta/process')?.context).toEqual({ words });
  });

  it('given the same model twice, then the same bytes, which can be read back', async () => {
    const written = async () => {
      const { result, verdict } = await found(A1);
      return counterexampleAsRecording(result, verdict, { diagramOf: readChart }).lines.map(writeLine);
    };
    const first = await written();
    expect(await written()).toEqual(first);
    const read = first.map((text, at) => parseLine(text, { file: null, line: at + 2 }));
    expect(read).toEqual(first.map((text) => JSON.parse(text)));
  });

  it('given a verdict without a counterexample, then that is said', () => {
    expect(() => counterexampleAsRecording({ model: 'pair' }, HOLDS)).toThrow(
      'Monotone has no counterexample',
    );
  });
});
