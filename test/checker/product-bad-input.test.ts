/** Models that make no sense are refused, and the refusal names what is wrong and where. */
import { describe, expect, it } from 'vitest';
import {
  check,
  checkDirectly,
  defineProcess,
  type Model,
  type Move,
  type Process,
  ProductError,
} from '../../runtime/checker/product/index.js';
import { grid, handshake } from './product-models.js';

const refused = async (model: Model, options = {}): Promise<ProductError> => {
  const error = await check(model, options).then(
    () => null,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(ProductError);
  return error as ProductError;
};

const alone = (definition: Partial<Process<number>>): Model => ({
  ...grid(1, 1),
  properties: [],
  processes: [
    defineProcess<number>({
      name: 'one',
      start: () => ({ local: 0 }),
      moves: () => [],
      receive: () => [],
      key: String,
      describe: (count) => `at ${count}`,
      ...definition,
    }),
  ],
});
const moving = (move: (count: number) => Partial<Move<number>>): Model =>
  alone({ moves: (count) => [{ label: 'go', kind: 'effect', local: count, ...move(count) }] });

describe('a model that makes no sense', () => {
  it('two processes of one name', async () => {
    const model = grid(2, 1);
    const error = await refused({ ...model, processes: [model.processes[0]!, model.processes[0]!] });
    expect(error.message).toBe('USAGE: two processes are called side0');
    await expect(checkDirectly({ ...model, processes: [] })).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('a property that looks at nobody', async () => {
    const property = { ...handshake().properties[0]!, over: { nobody: () => null } };
    const error = await refused({ ...handshake(), properties: [property as never] });
    expect(error.message).toBe('USAGE: ServedOnce looks at nobody, and there is no such process');
  });

  it('a property nobody has, a negative budget, a limit of nothing', async () => {
    expect((await refused(handshake(), { properties: ['Nope'] })).message).toContain('no property Nope');
    expect((await refused({ ...handshake(), budgets: { loss: -1 } })).message).toContain('budget loss is -1');
    expect((await refused(handshake(), { maxStates: 0 })).message).toContain('maxStates');
  });

  it('a move with a budget nobody declared', async () => {
    const error = await refused(moving(() => ({ budget: 'wishes' })));
    expect(error).toMatchObject({ code: 'USAGE', place: { process: 'one' } });
    expect(error.message).toContain('budget wishes');
  });

  it('a message to nobody', async () => {
    const message = { from: 'one', to: 'nobody', kind: 'hello', body: null };
    const error = await refused(moving(() => ({ sends: [message] })));
    expect(error).toMatchObject({ code: 'USAGE', place: { process: 'one', step: 'send hello' } });
    expect(error.message).toContain('to nobody');
  });

  it('a renaming onto nobody', async () => {
    const renaming = { name: 'odd', processes: { one: 'two' }, local: (_: string, l: unknown) => l };
    const model = { ...alone({}), symmetry: [{ ...renaming, message: <M>(m: M) => m }] };
    expect((await refused(model)).message).toContain('renaming odd names two');
  });
});

describe('a process that misbehaves', () => {
  it('a step that depends on something else', async () => {
    let calls = 0;
    const error = await refused(moving(() => ({ local: calls++ % 3 })));
    expect(error).toMatchObject({ code: 'IMPURE', place: { process: 'one', state: 'at 0', step: 'go' } });
  });

  it('a reaction that changes the state it started from', async () => {
    const model: Model = {
      ...alone({}),
      processes: [
        defineProcess<{ seen: number }>({
          name: 'one',
          start: () => ({
            local: { seen: 0 },
            sends: [{ from: 'one', to: 'one', kind: 'hello', body: null }],
          }),
          moves: () => [],
          receive: (local) => {
            local.seen += 1;
            return [{ local }];
          },
          key: JSON.stringify,
          describe: () => 'somewhere',
        }),
      ],
    };
    expect(await refused(model)).toMatchObject({
      code: 'IMPURE',
      place: { process: 'one', state: 'somewhere', step: 'receive hello' },
    });
  });

  it('a state that has no text', async () => {
    const key = (count: number): string => {
      if (count < 2) return String(count);
      throw Object.assign(new Error('a function cannot be part of a state'), { field: 'context.log' });
    };
    const error = await refused(
      alone({ key, moves: (n) => [{ label: 'go', kind: 'effect', local: n + 1 }] }),
    );
    expect(error).toMatchObject({ code: 'UNSERIALISABLE', place: { process: 'one', field: 'context.log' } });
    expect(error.cause).toBeInstanceOf(Error);
  });

  it('a reaction or a condition that throws', async () => {
    const fail = () => {
      throw new Error('no idea');
    };
    expect(await refused(alone({ moves: fail }))).toMatchObject({
      code: 'THREW',
      place: { process: 'one', state: 'at 0', step: 'moves' },
    });
    const broken = { ...handshake().properties[0]!, holds: fail };
    expect(await refused({ ...handshake(), properties: [broken as never] })).toMatchObject({
      code: 'THREW',
      place: { property: 'ServedOnce' },
    });
  });

  it('a number that rises for ever', async () => {
    const error = await refused({
      ...alone({}),
      processes: [
        defineProcess<{ attempts: number }>({
          name: 'one',
          start: () => ({ local: { attempts: 0 } }),
          moves: ({ attempts }) => [{ label: 'go', kind: 'effect', local: { attempts: attempts + 1 } }],
          receive: () => [],
          key: JSON.stringify,
          describe: () => 'trying',
        }),
      ],
    });
    expect(error).toMatchObject({
      code: 'UNBOUNDED',
      place: { process: 'one', state: 'trying', field: 'attempts' },
    });
  });

  it('messages that pile up', async () => {
    const message = { from: 'one', to: 'one', kind: 'hello', body: null };
    const error = await refused(
      moving(() => ({ sends: [message] })),
      { maxStates: 200 },
    );
    expect(error).toMatchObject({ code: 'UNBOUNDED', place: { process: 'network', field: 'length' } });
  });
});
