/** `bridle paths`, in this process: it needs no cluster. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { run } from '../../runtime/cli/program.js';

afterEach(() => vi.restoreAllMocks());

async function paths(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said.out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.err += String(text);
    return true;
  });
  const code = await run(['paths', ...args]);
  vi.restoreAllMocks();
  process.exitCode = 0;
  return { code, ...said };
}

describe('bridle paths', () => {
  it('given a chart, then its paths, its coverage and how far it was explored', async () => {
    const { code, out } = await paths('--machine', 'watchdog');
    expect(code).toBe(0);
    expect(out).toContain('watchdog, transition: 13 paths, 34 steps, 16 of 16 goals');
    expect(out).toContain(
      'given watchdog (default) in quiet\n when EXPECT {"lagging":[],"stage":"copy"}\n then watching.untroubled',
    );
    expect(out).toContain('67 states, 576 steps; complete');
  });

  it('given --json, then one line with paths, coverage and overlay; its ids replay', async () => {
    const { code, out } = await paths('--machine', 'watchdog', '--cover', 'pairs', '--json');
    expect(code).toBe(0);
    const { machines } = JSON.parse(out);
    expect(machines).toMatchObject([
      { machine: 'watchdog', goals: { total: 101, covered: 101 }, coverage: { pairs: { notCovered: [] } } },
    ]);
    expect(machines[0].overlay.states['watchdog.stuck']).toBeGreaterThan(0);
    const replay = await paths('--machine', 'watchdog', '--replay', machines[0].paths[0].id, '--json');
    expect(JSON.parse(replay.out)).toMatchObject({ agrees: true, machine: 'watchdog' });
  });

  it('given the same seed, then the same walks', async () => {
    const walk = () =>
      paths('--machine', 'watchdog', '--cover', 'random', '--seed', '5', '--format', 'mermaid');
    const first = await walk();
    expect(first.out).toContain('stateDiagram-v2');
    expect((await walk()).out).toBe(first.out);
  });

  it('given --format junit, then a suite of each kind, and what is missing as a failure', async () => {
    const { code, out } = await paths('--machine', 'watchdog', '--cover', 'shortest', '--format', 'junit');
    expect(code).toBe(0);
    expect(out).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites>/);
    expect(out.match(/<testsuite /g)).toHaveLength(5);
    expect(out).toContain('<failure message="not covered"/>');
  });

  it('given a file, then its machine', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bridle-paths-'));
    const file = join(folder, 'door.mjs');
    const xstate = import.meta.resolve('xstate');
    writeFileSync(
      file,
      `import { createMachine } from ${JSON.stringify(xstate)};
       export const door = createMachine({ id: 'door', initial: 'closed', states: { closed: { on: { OPEN: 'open' } }, open: {} } });
       export const other = 1;`,
    );
    expect((await paths('--machine', `${file}#door`)).out).toContain('door, transition: 1 paths, 1 steps');
    expect((await paths('--machine', `${file}#other`)).code).toBe(2);
    rmSync(folder, { recursive: true });
  });

  it.each([
    [['--machine', 'nope'], 'no machine nope'],
    [['--machine', './nowhere.js#x'], 'there is no such file'],
    [['--cover', 'everything'], 'Allowed choices'],
    [['--format', 'vitest'], 'needs --machine'],
    [['--format', 'junit'], 'needs --machine'],
    [['--machine', 'watchdog', '--limit', '0'], 'at least 1'],
    [['--machine', 'watchdog', '--cover', 'transition', '--replay', 'ffff'], 'no path ffff'],
  ])('given %j, then it is refused with code 2', async (args, hint) => {
    const { code, err } = await paths(...args);
    expect(code).toBe(2);
    expect(err).toContain(hint);
  });
});
