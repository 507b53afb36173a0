#!/usr/bin/env node
/** The command `bridle`. */
import { EXIT } from './exit-codes.js';
import { run } from './program.js';

/** A reader that has seen enough, such as `head`, is no error. A full disk is one, said without a stack. */
function endOutput(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  process.stderr.write(`bridle: the output cannot be written: ${error.message}\n`, () =>
    process.exit(EXIT.failed),
  );
}
process.stdout.on('error', endOutput);
process.stderr.on('error', ({ code }: NodeJS.ErrnoException) =>
  process.exit(code === 'EPIPE' ? EXIT.ok : EXIT.failed),
);

const exitCode = await run(process.argv.slice(2));
// Pipes are written asynchronously: what was said has to be out before the process ends.
for (const stream of [process.stdout, process.stderr]) {
  await new Promise<void>((done) => stream.write('', () => done()));
}
process.exit(exitCode);
