/** What may happen between a sender and a receiver, in virtual time. */
import { Subject, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, test } from 'vitest';
import type { Envelope } from '../../actors/envelope.js';
import { chain, delayingLink, type Link, lossyLink, perfectLink, repeatingLink } from '../../actors/link.js';

const envelope = (body: number): Envelope => ({
  id: `a#${body}`,
  from: 'a',
  to: 'b',
  kind: body % 2 === 0 ? 'EVEN' : 'ODD',
  body,
  sentAt: 0,
});

/** Sends 1..count at once and lets all time pass. */
function through(link: (scheduler: VirtualTimeScheduler) => Link, count = 6) {
  const scheduler = new VirtualTimeScheduler();
  const sent$ = new Subject<Envelope>();
  const got: { readonly body: unknown; readonly atMs: number }[] = [];
  let completed = false;
  sent$.pipe(link(scheduler)).subscribe({
    next: ({ body }) => void got.push({ body, atMs: scheduler.now() }),
    complete: () => {
      completed = true;
    },
  });
  for (let i = 1; i <= count; i++) sent$.next(envelope(i));
  sent$.complete();
  scheduler.flush();
  expect(completed).toBe(true);
  return got;
}
const bodies = (got: readonly { readonly body: unknown }[]) => got.map(({ body }) => body);

describe('links', () => {
  test('given a perfect link, then everything arrives at once and in order', () => {
    expect(through(() => perfectLink)).toEqual([1, 2, 3, 4, 5, 6].map((body) => ({ body, atMs: 0 })));
  });

  test('given loss, then exactly what is chosen is lost', () => {
    expect(bodies(through(() => lossyLink(({ kind }) => kind === 'ODD')))).toEqual([2, 4, 6]);
  });

  test('given duplication, then copies follow their original, and no copy is a loss', () => {
    const copies = ({ body }: Envelope) => (body === 2 ? 3 : body === 3 ? 0 : 1);
    expect(bodies(through(() => repeatingLink(copies), 4))).toEqual([1, 2, 2, 2, 4]);
  });

  test('given delays, then a later envelope overtakes an earlier one', () => {
    const delayMs = ({ body }: Envelope) => 100 - 30 * Number(body);
    expect(through((scheduler) => delayingLink(delayMs, scheduler), 3)).toEqual([
      { body: 3, atMs: 10 },
      { body: 2, atMs: 40 },
      { body: 1, atMs: 70 },
    ]);
  });

  test('given a chain, then the links follow one another', () => {
    const got = through(
      (scheduler) =>
        chain(
          lossyLink(({ body }) => body === 1),
          repeatingLink(() => 2),
          delayingLink(({ body }) => 10 * Number(body), scheduler),
        ),
      3,
    );
    expect(got).toEqual([2, 2, 3, 3].map((body) => ({ body, atMs: 10 * body })));
    expect(bodies(through(() => chain(), 2))).toEqual([1, 2]);
  });

  test('given the receiver has gone, then what is under way does not arrive', () => {
    const scheduler = new VirtualTimeScheduler();
    const sent$ = new Subject<Envelope>();
    const got: unknown[] = [];
    const subscription = sent$
      .pipe(delayingLink(() => 50, scheduler))
      .subscribe(({ body }) => void got.push(body));
    sent$.next(envelope(1));
    subscription.unsubscribe();
    scheduler.flush();
    expect(got).toEqual([]);
  });
});
