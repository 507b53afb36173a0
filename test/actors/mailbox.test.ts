/** Envelopes in order, whoever posts when, and never more than fit. */
import { describe, expect, test } from 'vitest';
import type { Envelope } from '../../actors/envelope.js';
import { Mailbox } from '../../actors/mailbox.js';

const envelope = (body: number): Envelope<number> => ({
  id: `a#${body}`,
  from: 'a',
  to: 'b',
  kind: 'NUMBER',
  body,
  sentAt: 0,
});

function watched(mailbox: Mailbox<number>) {
  const seen: number[] = [];
  let completed = false;
  mailbox.messages$.subscribe({
    next: ({ body }) => void seen.push(body),
    complete: () => {
      completed = true;
    },
  });
  return { seen, completed: () => completed };
}

describe('order', () => {
  test('given a post during a delivery, then everyone gets the delivery under way first', () => {
    const mailbox = new Mailbox<number>();
    const first = watched(mailbox);
    mailbox.messages$.subscribe(({ body }) => {
      if (body === 1) for (const next of [2, 3]) mailbox.post(envelope(next));
    });
    const last = watched(mailbox);
    mailbox.post(envelope(1));
    mailbox.post(envelope(4));
    expect(first.seen).toEqual([1, 2, 3, 4]);
    expect(last.seen).toEqual([1, 2, 3, 4]);
  });

  test('given a subscriber that comes later, then it gets what comes from then on', () => {
    const mailbox = new Mailbox<number>();
    mailbox.post(envelope(1));
    const { seen } = watched(mailbox);
    mailbox.post(envelope(2));
    expect(seen).toEqual([2]);
  });
});

describe('its limit', () => {
  test('given more posts than fit, then those beyond are refused and counted, and the rest arrive', () => {
    const mailbox = new Mailbox<number>({ limitMessages: 3 });
    const { seen } = watched(mailbox);
    const taken: boolean[] = [];
    mailbox.messages$.subscribe(({ body }) => {
      if (body !== 0) return;
      for (let i = 1; i <= 5; i++) taken.push(mailbox.post(envelope(i)));
      expect(mailbox.length).toBe(3);
    });
    mailbox.post(envelope(0));
    expect(taken).toEqual([true, true, true, false, false]);
    expect(seen).toEqual([0, 1, 2, 3]);
    expect(mailbox).toMatchObject({ refused: 2, length: 0 });
    expect(mailbox.post(envelope(9))).toBe(true);
  });
});

describe('closing', () => {
  test('given a close, then subscribers complete, posts are refused, and closing again is harmless', () => {
    const mailbox = new Mailbox<number>();
    const before = watched(mailbox);
    mailbox.close();
    mailbox.close();
    const after = watched(mailbox);
    expect(mailbox.post(envelope(1))).toBe(false);
    expect([before.seen, after.seen]).toEqual([[], []]);
    expect([before.completed(), after.completed()]).toEqual([true, true]);
  });

  test('given a close during a delivery, then what waits is not delivered', () => {
    const mailbox = new Mailbox<number>();
    const { seen } = watched(mailbox);
    mailbox.messages$.subscribe(({ body }) => {
      if (body !== 1) return;
      mailbox.post(envelope(2));
      mailbox.close();
    });
    mailbox.post(envelope(1));
    expect(seen).toEqual([1]);
    expect(mailbox.length).toBe(0);
  });
});
