/** The direction of dependencies is held by a script; here the script is held. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SCRIPT = join(import.meta.dirname, '..', 'support', 'check-imports.mjs');
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bridle-imports-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function check(file: string, text: string): string {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
  try {
    execFileSync(process.execPath, [SCRIPT, root], { stdio: 'pipe' });
    return '';
  } catch (error) {
    return String((error as { stderr: Buffer }).stderr);
  }
}

describe('allowed', () => {
  it.each([
    ['machines/a.ts', "import { assign } from 'xstate';\nimport './b.js';\n"],
    [
      'machines/a.ts',
      "/** Not a Date, no setTimeout. */\nexport const words = 'process. Math.random Date';\n",
    ],
    [
      'actors/ports/a.ts',
      "import { Subject } from 'rxjs';\nimport fs from 'node:fs';\nimport '../../machines/b.js';\n",
    ],
    ['runtime/live/a.ts', "import { createActor } from 'xstate';\n"],
    ['visualizations/a.ts', "import '../runtime/index.js';\n"],
  ])('given %s, then nothing is said', (file, text) => {
    expect(check(file, text)).toBe('');
  });
});

describe('not allowed', () => {
  it.each([
    ['machines/a.ts', "\nimport { map } from 'rxjs';\n", 'machines/a.ts:2: '],
    ['machines/a.ts', "import '../actors/b.js';\n", 'machines/a.ts:1: '],
    ['machines/a.ts', "import fs from 'node:fs';\n", 'machines/a.ts:1: '],
    ['machines/a.ts', '\n\nexport const now = Date.now();\n', 'machines/a.ts:3: '],
    ['machines/a.ts', 'export const n = Math.random();\n', 'Math.random'],
    ['machines/a.ts', 'setTimeout(() => {}, 1);\n', 'a timer'],
    ['machines/a.ts', 'export const e = process.env;\n', 'process'],
    ['actors/a.ts', "import pino from 'pino';\n", 'not pino'],
    ['actors/a.ts', "import '../runtime/index.js';\n", 'not ../runtime/index.js'],
    ['runtime/a.ts', "export * from '../visualizations/b.js';\n", 'runtime/ may not import visualizations/'],
    ['runtime/cli/a.ts', "const x = await import('../../test/b.js');\n", 'runtime/ may not import test/'],
    ['runtime/cluster/a.ts', "import type { AnyActorRef } from 'xstate';\n", 'xstate is known only to'],
  ])('given %s with %j, then it is named', (file, text, said) => {
    expect(check(file, text)).toContain(said);
  });
});
