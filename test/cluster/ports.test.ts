import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { freePort, isPortFree } from '../../runtime/cluster/ports.js';

describe('free ports', () => {
  it('given many are asked for at once, then each is another one, and free', async () => {
    const ports = await Promise.all(Array.from({ length: 50 }, () => freePort()));
    expect(new Set(ports).size).toBe(50);
    for (const port of ports) expect(await isPortFree(port)).toBe(true);
  });

  it('given a port, then no outgoing connection is given it by the system', async () => {
    expect(await freePort()).toBeLessThan(32_768);
  });

  it('given a port that somebody listens at, then it is not free', async () => {
    const port = await freePort();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    expect(await isPortFree(port)).toBe(false);
    await new Promise((resolve) => server.close(resolve));
    expect(await isPortFree(port)).toBe(true);
  });
});
