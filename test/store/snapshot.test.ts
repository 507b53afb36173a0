import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ClassicLevelEngine, type Engine, MemoryEngine } from '../../runtime/store/index.js';
import { temporaryDirectory } from './support.js';

const pair = (key: string, value: string) => [Buffer.from(key), Buffer.from(value)] as const;

describe.each<[string, () => Promise<Engine>]>([
  ['ClassicLevelEngine', () => ClassicLevelEngine.open(join(temporaryDirectory(), 'engine'))],
  ['MemoryEngine', () => MemoryEngine.open()],
])('a snapshot of %s', (_, openEngine) => {
  async function filled() {
    const engine = await openEngine();
    onTestFinished(() => engine.close());
    await engine.apply({ puts: [pair('a', '1'), pair('b', '1')], deletes: [], decree: 7, marks: { m: 3 } });
    return engine;
  }
  const rowsOf = async (from: Pick<Engine, 'scan'>) =>
    (await from.scan()).map(([key, value]) => `${key}=${value}`);

  it('stays what it was, whatever is applied afterwards', async () => {
    const engine = await filled();
    const snapshot = await engine.snapshot();
    await engine.apply({
      puts: [pair('a', '2'), pair('c', '2')],
      deletes: [Buffer.from('b')],
      decree: 8,
      marks: { m: 4 },
    });
    expect(snapshot.state).toEqual({ decree: 7, marks: { m: 3 } });
    expect(await rowsOf(snapshot)).toEqual(['a=1', 'b=1']);
    expect(await rowsOf(engine)).toEqual(['a=2', 'c=2']);
    expect((await snapshot.scan({ gt: Buffer.from('a') })).length).toBe(1);
    await snapshot.close();
  });

  it('is taken between two batches, with those before it and none behind it', async () => {
    const engine = await filled();
    const before = engine.apply({ puts: [pair('a', '3')], deletes: [], decree: 8 });
    const taken = engine.snapshot();
    const behind = engine.apply({ puts: [pair('a', '4')], deletes: [], decree: 9 });
    const snapshot = await taken;
    await Promise.all([before, behind]);
    expect(snapshot.state.decree).toBe(8);
    expect(await rowsOf(snapshot)).toEqual(['a=3', 'b=1']);
    await snapshot.close();
  });

  it('reads nothing once it is closed, or its engine', async () => {
    const engine = await filled();
    const [one, other] = [await engine.snapshot(), await engine.snapshot()];
    await one.close();
    await one.close();
    await expect(one.scan()).rejects.toThrow();
    await engine.close();
    await expect(other.scan()).rejects.toThrow();
    await expect(engine.snapshot()).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
  });
});
