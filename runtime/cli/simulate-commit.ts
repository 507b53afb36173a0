/** Which state of the source code runs, if it is a checkout. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Null outside a checkout. `-dirty` behind it: files were changed since. */
export function commitOf(): Promise<string | null> {
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  return new Promise((resolve) => {
    execFile(
      'git',
      ['describe', '--always', '--dirty', '--abbrev=12', '--exclude=*'],
      { cwd },
      (error, out) => resolve(error === null ? out.trim() : null),
    );
  });
}
