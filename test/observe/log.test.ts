/** The lines that a server process writes. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const LOG = join(import.meta.dirname, '..', '..', 'runtime', 'observe', 'log.ts');

/** What a process of its own writes to standard output. */
function linesOf(level: string, program: string): Record<string, unknown>[] {
  const code = `import { jsonLog } from ${JSON.stringify(LOG)};
    const log = jsonLog({ cluster: 'east', role: 'meta', server: 'meta 34601' }, ${JSON.stringify(level)});
    ${program}`;
  const out = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    encoding: 'utf8',
  });
  return out
    .trimEnd()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

const ALL = `log.debug?.('d'); log.info('i'); log.warn('w'); log.error('e', { table: 'users' });`;

describe('a server’s log', () => {
  it.each([
    ['debug', ['d', 'i', 'w', 'e']],
    ['warn', ['w', 'e']],
  ])('given level %s, then %j are written, each with who wrote it and when', (level, expected) => {
    const lines = linesOf(level, ALL);
    expect(lines.map(({ msg }) => msg)).toEqual(expected);
    for (const line of lines) {
      expect(line).toMatchObject({ cluster: 'east', role: 'meta', server: 'meta 34601' });
      expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT/);
    }
  });

  it('given facts that are called like secrets, then their values are not written', () => {
    const [line] = linesOf(
      'info',
      `log.info('x', { token: 'hidden', deep: { secret: 'hidden', fine: 'seen' } });`,
    );
    expect(JSON.stringify(line)).not.toContain('hidden');
    expect(line).toMatchObject({ deep: { fine: 'seen' } });
  });
});
