#!/usr/bin/env node
/** The command `bridle`. */
import { run } from './program.js';

/** A reader that has seen enough, such as `head`, is no error. */
function tolerateClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
}
process.stdout.on('error', tolerateClosedPipe);
process.stderr.on('error', tolerateClosedPipe);

const exitCode = await run(process.argv.slice(2));
// Pipes are written asynchronously: what was said has to be out before the process ends.
for (const stream of [process.stdout, process.stderr]) {
  await new Promise<void>((done) => stream.write('', () => done()));
}
process.exit(exitCode);
