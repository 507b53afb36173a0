import { describe, expect, it } from 'vitest';
import { openDurableMap, openMemoryMap, type StoreError } from '../../runtime/store/index.js';
import { durableMapSuite } from './suites/durable-map-suite.js';
import { codeOf, temporaryDirectory } from './support.js';

durableMapSuite('LevelDB', openDurableMap);
durableMapSuite('memory', async () => openMemoryMap());

describe('durable map on disk', () => {
  it('keeps entries and never uses a version again', async () => {
    const directory = temporaryDirectory();
    let map = await openDurableMap(directory);
    await map.commit({
      puts: [
        { key: 'a', value: 1 },
        { key: 'b', value: 'x y' },
      ],
    });
    const last = await map.commit({ deletes: [{ key: 'a' }] });
    await map.close();
    map = await openDurableMap(directory);
    expect(await map.list('')).toEqual([{ key: 'b', value: 'x y', version: last - 1 }]);
    expect(await map.commit({ puts: [{ key: 'a', value: 2 }] })).toBe(last + 1);
    await map.close();
  });

  it('explains that somebody else has it open', async () => {
    const directory = temporaryDirectory();
    const map = await openDurableMap(directory);
    expect(await codeOf(openDurableMap(directory))).toBe('ERR_LOCK_ALREADY_EXIST');
    await openDurableMap(directory).catch((error: StoreError) =>
      expect(error.message).toContain('another process'),
    );
    await map.close();
    await (await openDurableMap(directory)).close();
  });
});
