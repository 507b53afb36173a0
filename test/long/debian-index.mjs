#!/usr/bin/env node
/**
 * Turns a Debian package index (the text of `apt-cache dumpavail`, or a Packages file) on standard input
 * into JSON Lines on standard output: one object per package, as real data for loading.
 *
 *   apt-cache dumpavail | node test/long/debian-index.mjs > packages.jsonl
 */
import { createInterface } from 'node:readline';

let stanza = {};
let field = '';
const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });

function flush() {
  if (stanza.Package !== undefined) process.stdout.write(`${JSON.stringify(stanza)}\n`);
  stanza = {};
}

for await (const line of lines) {
  if (line === '') flush();
  else if (line.startsWith(' ')) stanza[field] += `\n${line.slice(1)}`;
  else {
    const colon = line.indexOf(':');
    field = line.slice(0, colon);
    stanza[field] = line.slice(colon + 1).trim();
  }
}
flush();
