/** The worker and everything it tries, as one file: it starts in no time, and says where it has been. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { instrumented } from './instrument.js';

export interface Bundle extends AsyncDisposable {
  readonly file: string;
}

/** For whoever counts places that were reached for the first time. */
export interface Reached {
  /** Places reached so far. */
  places: number;
  /** Begins anew. */
  forget(): void;
}

const PLACES_LIMIT = 1 << 17;
const HEAD = `
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const SEEN = new Uint8Array(${PLACES_LIMIT});
const REACHED = { places: 0, forget: () => { SEEN.fill(0); REACHED.places = 0; } };
const REACH = (n) => { if (SEEN[n] === 0) { SEEN[n] = 1; REACHED.places++; } };
`;

export async function bundleOfWorker(): Promise<Bundle> {
  const directory = await mkdtemp(join(tmpdir(), 'bridle-fuzz-'));
  const file = join(directory, 'worker.mjs');
  let places = 0;
  await build({
    absWorkingDir: fileURLToPath(new URL('../..', import.meta.url)),
    entryPoints: [fileURLToPath(new URL('worker.ts', import.meta.url))],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    // The frames it begins with stay where they are.
    define: { FIXTURES: JSON.stringify(fileURLToPath(new URL('../fixtures/', import.meta.url))) },
    banner: { js: HEAD },
    plugins: [
      {
        name: 'reach',
        setup({ onLoad }) {
          onLoad({ filter: /\/(runtime|actors|machines)\/.*\.ts$/ }, async ({ path }) => {
            const { code, next } = instrumented(path, await readFile(path, 'utf8'), places);
            places = next;
            return { contents: code, loader: 'ts' };
          });
        },
      },
    ],
  });
  return { file, [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
}
