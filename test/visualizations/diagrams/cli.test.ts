/** `bridle diagram`, in this process: it needs no cluster. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { run } from '../../../runtime/cli/program.js';

/** All charts are laid out for it, on a machine that may have other things to do. */
const ALL_LAID_OUT_MS = 180_000;

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bridle-diagram-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(dir, { recursive: true });
});

async function diagram(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said.out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.err += String(text);
    return true;
  });
  const code = await run(['diagram', ...args]);
  vi.restoreAllMocks();
  process.exitCode = 0;
  return { code, ...said };
}

describe('the diagrams kept in docs/diagrams', () => {
  it(
    'show the charts as they are; if not: npx bridle diagram --write',
    async () => {
      const { out, code } = await diagram('--check');
      expect(out).toMatch(/^28 diagram files in docs\/diagrams are current\n$/);
      expect(code).toBe(0);
    },
    ALL_LAID_OUT_MS,
  );
});

describe('bridle diagram --check and --write', () => {
  it(
    'given a file that drifted, one that is missing and one left over, then each is named; --write mends them',
    async () => {
      expect((await diagram('--write', '--dir', dir)).out).toContain('28 files changed');
      writeFileSync(join(dir, 'table.mmd'), 'stateDiagram-v2\n');
      rmSync(join(dir, 'watchdog.svg'));
      writeFileSync(join(dir, 'gone.svg'), '<svg/>');
      writeFileSync(join(dir, 'notes.txt'), 'not ours');
      const { code, out } = await diagram('--check', '--dir', dir);
      expect(code).toBe(1);
      expect(out.trimEnd().split('\n')).toEqual([
        `drifted    ${join(dir, 'table.mmd')}`,
        `missing    ${join(dir, 'watchdog.svg')}`,
        `left over  ${join(dir, 'gone.svg')}`,
        `to update: npx bridle diagram --write --dir ${dir}`,
      ]);
      const json = await diagram('--check', '--dir', dir, '--json');
      expect(JSON.parse(json.out)).toMatchObject({
        drifted: ['table.mmd'],
        missing: ['watchdog.svg'],
        leftOver: ['gone.svg'],
      });
      await diagram('--write', '--dir', dir);
      expect((await diagram('--check', '--dir', dir)).code).toBe(0);
      expect(readFileSync(join(dir, 'notes.txt'), 'utf8')).toBe('not ours');
    },
    ALL_LAID_OUT_MS,
  );
});

describe('bridle diagram MACHINE', () => {
  it.each([
    ['mermaid', 'stateDiagram-v2'],
    ['svg', '</svg>'],
    ['dot', 'digraph "watchdog" {'],
    ['scxml', '<state id="watchdog.quiet"'],
    ['plantuml', '@startuml'],
    ['json', '"format": "bridle/diagram"'],
  ])('given --format %s, then it is printed', async (format, part) => {
    const { code, out } = await diagram('watchdog', '--format', format);
    expect(code).toBe(0);
    expect(out).toContain(part);
  });

  it.each([['mermaid'], ['svg'], ['dot'], ['json']])(
    'given system as %s, then the picture of all',
    async (format) => {
      const { code, out } = await diagram('system', '--format', format);
      expect(code).toBe(0);
      expect(out).toContain('followerTable');
    },
  );

  it('given --json, then the text is in one line of JSON', async () => {
    const { out } = await diagram('watchdog', '--json');
    expect(out.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(out)).toEqual({
      machine: 'watchdog',
      format: 'mermaid',
      text: expect.stringContaining('stateDiagram-v2\n'),
    });
  });

  it('given --part, then only that state, and where it leads to', async () => {
    const { code, out } = await diagram('migration', '--part', 'fencing', '--format', 'mermaid');
    expect(code).toBe(0);
    expect(out).toMatch(/→(\s|<br\/>)draining/);
    expect(out).not.toContain('comparing');
  });

  it('given --overview, then what is inside of the states is folded away', async () => {
    const { out } = await diagram('migration', '--overview');
    expect(out).toContain('4 states inside');
    expect(out).not.toContain('comparing');
  });

  it('given a machine of one’s own and --out, then the file has its diagram', async () => {
    const file = join(dir, 'door.mjs');
    const xstate = pathToFileURL(join(process.cwd(), 'node_modules/xstate/dist/xstate.cjs.mjs')).href;
    writeFileSync(
      file,
      `import { createMachine } from '${xstate}';
       export const door = createMachine({ id: 'door', initial: 'shut', states: { shut: { on: { PUSH: 'open' } }, open: {} } });`,
    );
    const out = join(dir, 'door.mmd');
    const done = await diagram(`${file}#door`, '--out', out);
    expect(done).toMatchObject({ code: 0, err: '' });
    expect(readFileSync(out, 'utf8')).toContain('door_shut --> door_open: PUSH');
    expect((await diagram(`${file}#window`)).err).toContain('has no export window; it has door');
  });

  it('given coverage, then the counts are in the picture', async () => {
    const coverage = join(dir, 'coverage.json');
    const overlay = {
      machine: 'watchdog',
      states: { 'watchdog.quiet': 4 },
      transitions: { 'watchdog.quiet EXPECT': 7 },
    };
    writeFileSync(coverage, JSON.stringify(overlay));
    expect((await diagram('watchdog', '--overlay', coverage)).out).toContain(
      'EXPECT<br/>/ noteStage#59; beginRound<br/>(×7)',
    );
    const { code, err } = await diagram('table', '--overlay', coverage);
    expect([code, err]).toEqual([2, expect.stringContaining('tells of watchdog, not of table')]);
  });

  it.each([
    [['nope'], 'no machine nope; known: duplication'],
    [['./nowhere.js#x'], 'there is no such file'],
    [['migration', '--part', 'nope'], 'there is waiting, fencing, draining'],
    [['system', '--overview'], 'the system has no states to fold'],
    [['./door.js'], 'does not name an export; it has to be FILE.js#export'],
    [['system', '--format', 'scxml'], 'it can be mermaid, dot, svg or json'],
    [['watchdog', '--overlay', './nowhere.json'], 'cannot be read'],
    [['watchdog', '--check'], 'leave machine watchdog out'],
    [['--out', 'x.svg'], '--out needs a machine'],
  ])('given %j, then it is refused with the reason', async (args, reason) => {
    const { code, err } = await diagram(...args);
    expect([code, err]).toEqual([2, expect.stringContaining(reason)]);
  });
});
