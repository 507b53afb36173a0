/** `bridle simulate`, in this process: it needs no cluster. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { run } from '../../../runtime/cli/program.js';
import { recordIfPossible, recordRun } from '../../../runtime/cli/simulate-record.js';
import { violationAsText } from '../../../runtime/cli/simulate-report.js';
import { readRecordingFile } from '../../../runtime/observe/recording/read-file.js';
import { simulate } from '../../../runtime/simulation/chaos/index.js';

afterEach(() => vi.restoreAllMocks());

const TIMEOUT_MS = 120_000;

async function bridleSimulate(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said.out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.err += String(text);
    return true;
  });
  const code = await run(['simulate', ...args]);
  vi.restoreAllMocks();
  process.exitCode = 0;
  return { code, ...said };
}

describe('bridle simulate', () => {
  it(
    'given a seed and --json, then one line with the verdict, times, faults that struck and properties',
    async () => {
      const { code, out } = await bridleSimulate('--seed', '7', '--hours', '0.3', '--json');
      expect(code).toBe(0);
      expect(out.trimEnd().split('\n')).toHaveLength(1);
      const told = JSON.parse(out);
      expect(told).toMatchObject({ ok: true, verdict: 'holds', seed: 7, hours: 0.3, violation: null });
      expect(told.virtualHours).toBeGreaterThan(0.3);
      expect(told.events).toBeGreaterThan(100);
      expect(told.wallSeconds).toBeGreaterThan(0);
      expect(told.faultsStruck).toHaveProperty('operator');
      expect(told.properties.NoGap.checked).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );

  it(
    'given several seeds without faults, then what they came to together',
    async () => {
      const { code, out } = await bridleSimulate('--seeds', '2', '--hours', '0.1', '--faults', 'none');
      expect(code).toBe(0);
      expect(out).toMatch(/held +2 of 2/);
      expect(out).toMatch(/virtual hours a minute/);
    },
    TIMEOUT_MS,
  );

  it.each([
    [['--seed', '1', '--seeds', '2'], 'not both'],
    [['--first-seed', '3'], 'goes with --seeds'],
    [['--only', '3', '--seeds', '2'], 'goes with --seed'],
    [['--seed', '-1'], 'whole number'],
    [['--faults', 'flood'], 'no fault "flood"'],
    [['--hours', '0'], 'number of hours'],
    [['--first-seed', '4294967295', '--seeds', '2'], 'largest seed'],
  ])('given %j, then it is refused with code 2', async (args, hint) => {
    const { code, err } = await bridleSimulate(...args);
    expect(code).toBe(2);
    expect(err).toContain(hint);
  });

  it(
    'given a violation, then it is told with a schedule and a command, and recorded if the disk lets it',
    async () => {
      const held = await simulate({ seed: 4, hours: 0.2 });
      const violation = { property: 'NoGap', seen: 'a row is missing', atMs: 600_000 } as const;
      const failed = { ...held, verdict: 'violated', violation } as const;
      const directory = mkdtempSync(join(tmpdir(), 'bridle-failures-'));
      try {
        const file = await recordRun(directory, failed);
        const text = violationAsText(failed, 'abc123', file);
        expect(text).toContain('commit      abc123');
        expect(text).toContain("again       bridle simulate --seed 4 --hours 0.2 --faults 'all'");
        const [name = ''] = readdirSync(directory);
        const recording = await readRecordingFile(join(directory, name));
        expect(recording.header).toMatchObject({ source: 'simulation', seed: 4 });
        writeFileSync(join(directory, 'taken'), '');
        const told: string[] = [];
        const place = join(directory, 'taken');
        expect(await recordIfPossible(place, failed, (line) => void told.push(line))).toBe(null);
        expect(told).toEqual([expect.stringMatching(/^seed 4 is not recorded: .*taken.* cannot be written/)]);
      } finally {
        rmSync(directory, { recursive: true });
      }
    },
    TIMEOUT_MS,
  );
});
