/** Something exported by a file that the user names: `./door.js#door`. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BridleError } from '../client/index.js';

const LOAD_MS = 10_000;

export interface ExportFound {
  readonly file: string;
  readonly key: string;
  readonly value: unknown;
}

/** Whether a name is meant as a file's export rather than as one of ours. */
export function namesExport(name: string): boolean {
  return name.includes('#') || /\.[cm]?[jt]sx?$/.test(name);
}

/**
 * @param name `FILE#export`; relative to the working directory
 * @param operation for the message
 * @throws BridleError BRIDLE_USAGE that says what to do
 */
export async function loadExport(name: string, operation: string): Promise<ExportFound> {
  const usage = (hint: string) => BridleError.of('BRIDLE_USAGE', { operation, hint });
  const [, file, key] = /^(.+\.[cm]?[jt]s)#([\w$]+)$/.exec(name) ?? [];
  if (file === undefined || key === undefined) {
    throw usage(`${name} does not name an export; it has to be FILE.js#export`);
  }
  try {
    const loaded = await withinDeadline(import(pathToFileURL(resolve(file)).href), file, usage);
    if (key in loaded) return { file, key, value: loaded[key] };
    const others = Object.keys(loaded).slice(0, 10).join(', ');
    throw usage(`${file} has no export ${key}; it has ${others === '' ? 'none' : others}`);
  } catch (error) {
    if (error instanceof BridleError) throw error;
    if (isUnreadableTypeScript(file, error)) {
      throw usage(
        `${file} is TypeScript, which this Node cannot load: compile it, or run \`npx tsx\` with this command`,
      );
    }
    if (!existsSync(file)) throw usage(`${file}: there is no such file`);
    throw usage(`${file} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A file that waits for something at its top level would let Node end without a word. */
function withinDeadline(
  loading: Promise<Readonly<Record<string, unknown>>>,
  file: string,
  usage: (hint: string) => BridleError,
): Promise<Readonly<Record<string, unknown>>> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    const hint = `${file} has not finished loading within ${LOAD_MS / 1_000} s: what does it wait for?`;
    timer = setTimeout(() => reject(usage(hint)), LOAD_MS);
  });
  return Promise.race([loading, late]).finally(() => clearTimeout(timer));
}

const isUnreadableTypeScript = (file: string, error: unknown): boolean =>
  /\.[cm]?ts$/.test(file) && (error as { readonly code?: unknown }).code === 'ERR_UNKNOWN_FILE_EXTENSION';
