/** Hears what must never happen in a process: what throws, what is rejected and nobody hears, broken contracts. */
import type { World } from '../world.js';
import type { Judge } from './properties.js';

const DEFECTS: ReadonlySet<string> = new Set([
  'an effect broke its contract',
  'a request failed unexpectedly',
]);

/** Listens to the whole process: whatever else runs in it meanwhile counts as well. */
export function listenForDefects(world: World, judge: Judge): { stop(): Promise<void> } {
  const onRejection = (reason: unknown) =>
    judge.violated('NoAbort', `rejected, and nobody heard: ${inWords(reason)}`);
  const onException = (error: unknown) =>
    judge.violated('NoAbort', `thrown, and nobody caught it: ${inWords(error)}`);
  process.on('unhandledRejection', onRejection);
  process.on('uncaughtException', onException);
  world.onLog = ({ server, message, facts }) => {
    judge.check('NoAbort', !DEFECTS.has(message), () => `${server}: ${message} ${JSON.stringify(facts)}`);
  };
  return {
    stop: async () => {
      // A rejection that nobody hears is known after the turn in which it happened.
      await new Promise((resolve) => setImmediate(resolve));
      process.off('unhandledRejection', onRejection);
      process.off('uncaughtException', onException);
      world.onLog = null;
    },
  };
}

const inWords = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
