import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Engine, OpenEngine } from '../../../runtime/store/index.js';
import { codeOf, contentOf, temporaryDirectory } from '../support.js';

const b = (text: string) => Buffer.from(text);

/** What every engine must do. */
export function engineSuite(name: string, open: OpenEngine): void {
  describe(`engine: ${name}`, () => {
    const withEngine = async (work: (engine: Engine, directory: string) => Promise<void>) => {
      const directory = temporaryDirectory();
      const engine = await open(join(directory, 'engine'));
      try {
        await work(engine, directory);
      } finally {
        await engine.close();
      }
    };

    it('starts empty at decree 0', () =>
      withEngine(async (engine) => {
        expect(engine.lastAppliedDecree).toBe(0);
        expect(engine.marks).toEqual({});
        expect(await engine.scan()).toEqual([]);
        expect(await engine.get(b('k'))).toBeUndefined();
      }));

    it('applies puts, deletes, decree and marks together', () =>
      withEngine(async (engine) => {
        await engine.apply({
          puts: [
            [b('a'), b('1')],
            [b('b'), b('2')],
          ],
          deletes: [],
          decree: 3,
          marks: { x: 7 },
        });
        await engine.apply({
          puts: [[b('c'), b('3')]],
          deletes: [b('a'), b('missing')],
          decree: 4,
          marks: { y: 8 },
        });
        expect(await contentOf(engine)).toEqual(
          new Map([
            ['b', '2'],
            ['c', '3'],
          ]),
        );
        expect(engine.lastAppliedDecree).toBe(4);
        expect(engine.marks).toEqual({ x: 7, y: 8 });
      }));

    it('takes empty keys, empty values and bytes of every kind', () =>
      withEngine(async (engine) => {
        const keys = [
          Buffer.alloc(0),
          Buffer.from([0]),
          Buffer.from([0, 255]),
          Buffer.from([127]),
          Buffer.from([128]),
          Buffer.from([255, 255]),
        ];
        await engine.apply({
          puts: keys.map((key) => [key, Buffer.alloc(0)] as const).reverse(),
          deletes: [],
          decree: 1,
        });
        expect((await engine.scan()).map(([key]) => key)).toEqual(keys);
        expect(await engine.get(Buffer.alloc(0))).toEqual(Buffer.alloc(0));
        await engine.apply({ puts: [], deletes: [Buffer.alloc(0)], decree: 2 });
        expect(await engine.get(Buffer.alloc(0))).toBeUndefined();
        expect((await engine.scan({ gte: Buffer.alloc(0) })).length).toBe(5);
        expect((await engine.scan({ lte: Buffer.from([255, 255]) })).length).toBe(5);
      }));

    it('scans ranges in both directions and in chunks', () =>
      withEngine(async (engine) => {
        const puts = Array.from(
          { length: 50 },
          (_, i) => [b(`k${String(i).padStart(2, '0')}`), b(`v${i}`)] as const,
        );
        await engine.apply({ puts, deletes: [], decree: 50 });
        const keys = async (range: Parameters<Engine['scan']>[0]) =>
          (await engine.scan(range)).map(([key]) => key.toString());
        expect(await keys({ gte: b('k10'), lt: b('k13') })).toEqual(['k10', 'k11', 'k12']);
        expect(await keys({ gt: b('k10'), lte: b('k13') })).toEqual(['k11', 'k12', 'k13']);
        expect(await keys({ gt: b('k10'), reverse: true, limit: 2 })).toEqual(['k49', 'k48']);
        expect(await keys({ limit: 0 })).toEqual([]);
        expect(await keys({ gt: b('k30'), lt: b('k20') })).toEqual([]);
        // Each pair has 5 or 6 bytes, so the second one reaches 10.
        expect(await keys({ gte: b('k10'), maxBytes: 10 })).toEqual(['k10', 'k11']);
        expect((await keys({ maxBytes: 1 })).length).toBe(1);
      }));

    it('refuses a decree that goes back', () =>
      withEngine(async (engine) => {
        await engine.apply({ puts: [], deletes: [], decree: 5 });
        expect(await codeOf(engine.apply({ puts: [[b('a'), b('1')]], deletes: [], decree: 4 }))).toBe(
          'ERR_INVALID_PARAMETERS',
        );
        expect(await engine.get(b('a'))).toBeUndefined();
        await engine.apply({ puts: [], deletes: [], decree: 5, marks: { again: 1 } });
        expect(engine.marks).toEqual({ again: 1 });
      }));

    it('makes a checkpoint that contains exactly the returned state', () =>
      withEngine(async (engine, directory) => {
        let decree = 0;
        let writing = true;
        const writer = (async () => {
          while (writing) {
            decree++;
            // An engine in memory answers without leaving this turn of the event loop.
            await new Promise((resolve) => setImmediate(resolve));
            const puts = Array.from(
              { length: 20 },
              (_, i) => [b(`key${(decree * 13 + i * 101) % 3000}`), Buffer.alloc(500, decree % 256)] as const,
            );
            const unique = [...new Map(puts.map((put) => [put[0].toString(), put])).values()];
            await engine.apply({
              puts: [...unique, [b('decree'), b(String(decree))]],
              deletes: [],
              decree,
              marks: { twice: decree * 2 },
            });
          }
        })();
        for (let i = 0; i < 5; i++) {
          const path = join(directory, `checkpoint-${i}`);
          const state = await engine.checkpoint(path);
          const copy = await open(path);
          expect(copy.lastAppliedDecree).toBe(state.decree);
          expect(copy.marks).toEqual(state.marks);
          if (state.decree > 0) {
            expect((await copy.get(b('decree')))?.toString()).toBe(String(state.decree));
            expect(copy.marks).toEqual({ twice: state.decree * 2 });
          }
          await copy.close();
        }
        writing = false;
        await writer;
      }));

    it('refuses everything after close', async () => {
      const engine = await open(join(temporaryDirectory(), 'engine'));
      await engine.close();
      await engine.close();
      expect(await codeOf(engine.apply({ puts: [], deletes: [], decree: 1 }))).toBe('ERR_INVALID_STATE');
      expect(await codeOf(engine.get(b('a')))).toBe('ERR_INVALID_STATE');
      expect(await codeOf(engine.scan())).toBe('ERR_INVALID_STATE');
      expect(await codeOf(engine.checkpoint(join(temporaryDirectory(), 'c')))).toBe('ERR_INVALID_STATE');
    });
  });
}
