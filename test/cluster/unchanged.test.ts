import { describe, expect, it } from 'vitest';
import { Unchanged } from '../../runtime/cluster/unchanged.js';

describe('what comes again and again', () => {
  it('given the same inputs, then what was made of them before; given one that is another, then it is made anew', () => {
    const context = { status: 'DS_LOG' };
    const made = new Unchanged<{ text: string }>();
    const of = (...inputs: unknown[]) => made.of(inputs, () => ({ text: inputs.join() }));
    const first = of('a', 1, context);
    expect(of('a', 1, context)).toBe(first);
    expect(of('a', 2, context)).not.toBe(first);
    expect(of('a', 2, { ...context })).not.toBe(of('a', 2, context));
    expect(of('a').text).toBe('a');
    expect(of().text).toBe('');
  });

  it('given that making fails, then the next time it is tried again', () => {
    const made = new Unchanged<string>();
    expect(() =>
      made.of(['x'], () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(made.of(['x'], () => 'done')).toBe('done');
  });
});
