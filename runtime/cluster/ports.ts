/**
 * Free ports on loopback, to listen at now and after every restart. They are taken from below those that systems
 * give to outgoing connections: one of these might otherwise have the port when its server starts again. A port may
 * still be taken between asking and listening; listening then says so.
 */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const LOOPBACK = '127.0.0.1';
/** Linux gives outgoing connections 32768 and up by default, other systems 49152 and up. */
const [LOWEST, HIGHEST] = [20_000, 32_767] as const;
/** Where nearly all are taken, the system may choose. */
const MOST_TRIES = 100;

/** Given away by this process and perhaps not listened at yet. */
const given = new Set<number>();

/** A port that nobody listens on now, and that this process has not given away before. */
export async function freePort(): Promise<number> {
  for (let left = MOST_TRIES; left > 0; left--) {
    const port = randomInt(LOWEST, HIGHEST + 1);
    if (given.has(port)) continue;
    given.add(port);
    if (await isPortFree(port)) return port;
  }
  return listenOnce(0);
}

export async function isPortFree(port: number): Promise<boolean> {
  return listenOnce(port).then(
    () => true,
    () => false,
  );
}

function listenOnce(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(wanted, LOOPBACK, () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
