/** Walks through products at random, told as counterexamples, and what a recording of one must say. */
import { expect } from 'vitest';
import type { Model } from '../../runtime/checker/product/index.js';
import { counterexampleAsRecording } from '../../runtime/checker/product/render/index.js';
import { rememberReplay, replayOf } from '../../runtime/checker/product/replayed.js';
import type { Counterexample, Verdict } from '../../runtime/checker/product/result.js';
import { plainSteps } from '../../runtime/checker/product/rules.js';
import { Replay } from '../../runtime/checker/product/trace.js';
import { bounded } from '../../runtime/observe/recording/bounded.js';
import type { Json, StateValue } from '../../runtime/observe/recording/lines.js';
import { seededRandom } from '../../runtime/simulation/random.js';
import { RecordingIndex } from '../../visualizations/inspector/model/recording-index.js';
import type { WorldState } from '../../visualizations/inspector/model/types.js';

export const violated = (counterexample: Counterexample, property = 'Walk'): Verdict => ({
  property,
  kind: 'state',
  sentence: 'Nothing happens.',
  verdict: 'violated',
  vacuous: false,
  counterexample,
});

export function randomWalk(model: Model, seed: number, length: number): Counterexample {
  const random = seededRandom(seed);
  const replay = new Replay(model);
  for (let at = 0; at < length; at++) {
    const steps = plainSteps(model, replay.state);
    if (steps.length === 0) break;
    replay.take(steps[Math.floor(random() * steps.length)]);
  }
  const { start, taken, steps } = replay;
  return rememberReplay({ steps, loop: null, why: 'so it went' }, { model, start, taken });
}

export function indexOf(verdict: Verdict, model = 'model'): RecordingIndex {
  const { header, lines } = counterexampleAsRecording({ model }, verdict);
  const index = new RecordingIndex(header);
  index.append(lines);
  return index;
}

/** Everything just after each step, by the number of the step. */
export function worldsOf(index: RecordingIndex): WorldState[] {
  const worlds: WorldState[] = [];
  for (let moment = 0; moment < index.length; moment++) worlds[index.moment(moment).at] = index.at(moment);
  return worlds;
}

type ActorsSeen = Readonly<Record<string, { state: StateValue; context: Json }>>;

/** The charts as the model has them after each step; none where a process that hosts some is not there. */
export function hostedAfterEachStep(counterexample: Counterexample): ActorsSeen[] {
  const { model, start, taken } = replayOf(counterexample)!;
  return [start, ...taken.map(({ to }) => to)].map(({ locals }) =>
    Object.fromEntries(
      model.processes.flatMap((process, at) =>
        Object.entries(process.hosts?.(locals[at]) ?? {}).flatMap(([name, troupe]) =>
          Object.entries(troupe)
            .filter(([, { snapshot }]) => snapshot.status === 'active')
            .map(([actor, { snapshot }]) => [
              `${process.name}/${actor === Object.keys(troupe)[0] ? name : `${name}/${actor}`}`,
              { state: snapshot.value as StateValue, context: bounded(snapshot.context) },
            ]),
        ),
      ),
    ),
  );
}

/** Charts that live according to a recording. */
export function chartsOf({ actors }: WorldState): ActorsSeen {
  return Object.fromEntries(
    [...actors]
      .filter(([key, { alive }]) => alive && !key.endsWith('/process'))
      .map(([key, { state, context }]) => [key, { state: state!, context }]),
  );
}

/** Charts and words of every step, and where every message got to. */
export function expectTold(counterexample: Counterexample): void {
  const index = indexOf(violated(counterexample));
  const worlds = worldsOf(index);
  const all = [...counterexample.steps, ...(counterexample.loop ?? [])];
  expect(worlds).toHaveLength(all.length);
  for (const [at, charts] of hostedAfterEachStep(counterexample).entries()) {
    expect(chartsOf(worlds[at]!), `step ${at}: ${all[at]?.process} ${all[at]?.label}`).toEqual(charts);
    for (const [process, words] of Object.entries(all[at]!.after)) {
      expect(worlds[at]!.actors.get(`${process}/process`)?.context).toEqual({ words });
    }
  }
  const underWay = [...index.messages.values()].filter(
    ({ id, received, lost }) =>
      !id.startsWith('request') &&
      lost === null &&
      received.length === all.filter(isCopyOf(id, index)).length,
  );
  const kinds = (messages: readonly { readonly kind: string }[]) => messages.map(({ kind }) => kind).sort();
  expect(kinds(underWay)).toEqual(kinds(all.at(-1)!.inFlight));
}

/** Arrivals that leave the message on its way. */
function isCopyOf(id: string, index: RecordingIndex) {
  const copies = index.lines.filter((line) => line.t === 'receive' && line.id === id).map(({ at }) => at);
  return ({ what }: { readonly what: string }, at: number): boolean =>
    what === 'receive a copy' && copies.includes(at);
}
