/** What the suites of several ports look at. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { CopyError } from '../../../actors/ports/fileCopy.js';
import { isOk, type Outcome } from '../../../actors/ports.js';
import { type ErrorKind, errorKind, type Trouble } from '../../../machines/index.js';
import type { Within } from './suite.js';

/** Longer than a suite waits, so that only a cancellation can settle what waits for it, in milliseconds. */
export const PATIENT_MS = 600_000;
/** Short enough to wait for, in milliseconds. */
export const HASTY_MS = 300;

/** A signal that nobody aborts. */
export const noAbort = (): AbortSignal => new AbortController().signal;

/** The value; fails with the trouble in words. */
export function okOf<Value>(outcome: Outcome<Value>): Value {
  if (!isOk(outcome)) assert.fail(`an outcome was expected, not ${inWords(outcome.trouble)}`);
  return outcome.ok;
}

/** The trouble, with what every trouble has to say; fails when there is none. */
export function troubleOf(outcome: object, kind?: ErrorKind): Trouble {
  assert.ok('trouble' in outcome, `a trouble was expected, not ${JSON.stringify(outcome)}`);
  return soundTrouble(outcome.trouble as Trouble, kind);
}

export function soundTrouble(trouble: Trouble, kind?: ErrorKind): Trouble {
  assert.notEqual(trouble.operation, '', 'the operation has a name');
  soundError(trouble.error, kind);
  return trouble;
}

export function soundError(error: string, kind?: ErrorKind): void {
  assert.match(error, /^(ERR|BRIDLE)_[A-Z0-9_]+$/, 'an error is a name such as ERR_TIMEOUT');
  assert.notEqual(error, 'ERR_OK', 'a failure is not called ERR_OK');
  if (kind !== undefined) assert.equal(errorKind(error), kind, `${error} is an error of this kind`);
}

/** The error that a copy rejects with; fails when it resolves or rejects with anything else. */
export async function copyErrorOf(work: Promise<unknown>, kind?: ErrorKind): Promise<Trouble> {
  const thrown = await work.then(
    (value) => assert.fail(`a CopyError was expected, not ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  if (!(thrown instanceof CopyError)) throw thrown;
  return soundTrouble(thrown.trouble, kind);
}

/** Asks, stops waiting, and sees that the port does too and keeps nothing. */
export async function checkCancellation(
  within: Within,
  ask: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const abort = new AbortController();
  const waiting = ask(abort.signal).then(
    () => undefined,
    () => undefined,
  );
  // Whoever is asked gets the request before it is called off.
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  abort.abort(new Error('nobody waits any more'));
  await within('a request that was called off', waiting);
  checkFreed(abort.signal);

  const before = AbortSignal.abort(new Error('called off before it was asked'));
  const late = ask(before).then(
    () => undefined,
    () => undefined,
  );
  await within('a request that was called off before it was asked', late);
  checkFreed(before);
}

/** Asks many times with one signal and sees that nothing of it stays behind on the signal. */
export async function checkNothingStays(
  within: Within,
  ask: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const { signal } = new AbortController();
  for (let time = 0; time < 15; time++) await within(`request ${time}`, ask(signal));
  checkFreed(signal);
}

function checkFreed(signal: AbortSignal): void {
  assert.equal(getEventListeners(signal, 'abort').length, 0, 'listeners left on the signal');
}

function inWords({ error, operation, peer, hint }: Trouble): string {
  return [error, 'in', operation, peer && `at ${peer}`, hint && `(${hint})`].filter(Boolean).join(' ');
}
