/**
 * What lies between a sender and a receiver: an RxJS operator over envelopes. A healthy process has the
 * identity; a test has loss, duplication and delay, decided by the caller so that a seed decides.
 */
import {
  concatMap,
  filter,
  from,
  type MonoTypeOperatorFunction,
  mergeMap,
  of,
  type SchedulerLike,
} from 'rxjs';
import { delay } from 'rxjs/operators';
import type { Envelope } from './envelope.js';

export type Link = MonoTypeOperatorFunction<Envelope>;

/** Passes everything on, unchanged and in order. */
export const perfectLink: Link = (messages$) => messages$;

/** Loses the envelopes for which `lost` is true. */
export function lossyLink(lost: (envelope: Envelope) => boolean): Link {
  return (messages$) => messages$.pipe(filter((envelope) => !lost(envelope)));
}

/** Delivers each envelope `copies(envelope)` times. */
export function repeatingLink(copies: (envelope: Envelope) => number): Link {
  return (messages$) =>
    messages$.pipe(concatMap((envelope) => from(Array.from({ length: copies(envelope) }, () => envelope))));
}

/** Delays each envelope by its own time, so that later ones may overtake. */
export function delayingLink(delayMs: (envelope: Envelope) => number, scheduler?: SchedulerLike): Link {
  return (messages$) =>
    messages$.pipe(mergeMap((envelope) => of(envelope).pipe(delay(delayMs(envelope), scheduler))));
}

/** Links one after the other: `chain(lossyLink(a), delayingLink(b))`. */
export function chain(...links: readonly Link[]): Link {
  return (messages$) => links.reduce((stream, link) => stream.pipe(link), messages$);
}
