import { describe, expect, it } from 'vitest';
import type { DurableMap } from '../../../runtime/store/index.js';
import { codeOf, temporaryDirectory } from '../support.js';

/** What every map must do. */
export function durableMapSuite(name: string, open: (directory: string) => Promise<DurableMap>): void {
  describe(`durable map: ${name}`, () => {
    it('gives back what was committed, with its version', async () => {
      const map = await open(temporaryDirectory());
      const version = await map.commit({ puts: [{ key: 'app/1', value: { a: [1, null, 'x'] } }] });
      expect(await map.get('app/1')).toEqual({ key: 'app/1', value: { a: [1, null, 'x'] }, version });
      expect(await map.get('app/2')).toBeUndefined();
      await map.close();
    });

    it('lists by prefix in key order', async () => {
      const map = await open(temporaryDirectory());
      await map.commit({ puts: ['b/2', 'a/1', 'b/1', 'revision'].map((key) => ({ key, value: key })) });
      expect((await map.list('b/')).map(({ key }) => key)).toEqual(['b/1', 'b/2']);
      expect((await map.list('')).length).toBe(4);
      await map.close();
    });

    it('changes all or nothing, and only when every expected version holds', async () => {
      const map = await open(temporaryDirectory());
      const first = await map.commit({ puts: [{ key: 'a', value: 1, expectedVersion: 0 }] });
      expect(
        await codeOf(
          map.commit({
            puts: [
              { key: 'b', value: 1 },
              { key: 'a', value: 2, expectedVersion: 0 },
            ],
          }),
        ),
      ).toBe('ERR_VERSION_OUTDATED');
      expect(await map.get('b')).toBeUndefined();
      const second = await map.commit({ puts: [{ key: 'a', value: 2, expectedVersion: first }] });
      expect(second).toBeGreaterThan(first);
      expect(await codeOf(map.commit({ deletes: [{ key: 'a', expectedVersion: first }] }))).toBe(
        'ERR_VERSION_OUTDATED',
      );
      await map.commit({ deletes: [{ key: 'a', expectedVersion: second }] });
      const third = await map.commit({ puts: [{ key: 'a', value: 3, expectedVersion: 0 }] });
      expect(third).toBeGreaterThan(second);
      await map.close();
    });

    it('lets exactly one of many competing writers win each round', async () => {
      const map = await open(temporaryDirectory());
      await map.commit({ puts: [{ key: 'n', value: 0 }] });
      const increment = async () => {
        for (;;) {
          const { value, version } = (await map.get('n'))!;
          const code = await codeOf(
            map.commit({ puts: [{ key: 'n', value: Number(value) + 1, expectedVersion: version }] }),
          );
          if (code === 'resolved') return;
        }
      };
      await Promise.all(Array.from({ length: 20 }, increment));
      expect((await map.get('n'))!.value).toBe(20);
      await map.close();
    });

    it('refuses a key given twice, a value that is not JSON, and use after close', async () => {
      const map = await open(temporaryDirectory());
      expect(await codeOf(map.commit({ puts: [{ key: 'a', value: 1 }], deletes: [{ key: 'a' }] }))).toBe(
        'ERR_INVALID_PARAMETERS',
      );
      expect(await codeOf(map.commit({ puts: [{ key: 'a', value: undefined as never }] }))).toBe(
        'ERR_INVALID_PARAMETERS',
      );
      await map.close();
      expect(await codeOf(map.get('a'))).toBe('ERR_INVALID_STATE');
      expect(await codeOf(map.commit({}))).toBe('ERR_INVALID_STATE');
    });

    it('is not changed through a value it was given or gave out', async () => {
      const map = await open(temporaryDirectory());
      const value = { list: [1] };
      await map.commit({ puts: [{ key: 'a', value }] });
      value.list.push(2);
      expect((await map.get('a'))!.value).toEqual({ list: [1] });
      await map.close();
    });
  });
}
