/** Runs the built command line as a process of its own; `npm test` builds it first. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/runtime/cli/main.js', import.meta.url));
if (!existsSync(MAIN)) throw new Error('dist/ is missing: npm run build');

export interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Of the whole process. */
  readonly elapsedMs: number;
}

export interface RunOptions {
  readonly stdin?: string;
  readonly cwd?: string;
  readonly meta?: string;
  /** Sent after so many milliseconds. */
  readonly interruptAfterMs?: number;
}

/** @example await bridle(['table', 'list'], { meta: '127.0.0.1:34601' }) */
export function bridle(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const { BRIDLE_META: _, ...env } = process.env;
  const startedMs = performance.now();
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: options.cwd,
    env: options.meta === undefined ? env : { ...env, BRIDLE_META: options.meta },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(options.stdin ?? '');
  const timer =
    options.interruptAfterMs === undefined
      ? undefined
      : setTimeout(() => child.kill('SIGINT'), options.interruptAfterMs);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    // `close` waits for the pipes: a child that outlives the command and holds them would be noticed.
    child.on('close', (exitCode) => {
      clearTimeout(timer);
      resolve({ exitCode, stdout, stderr, elapsedMs: performance.now() - startedMs });
    });
  });
}

/** The one JSON line of a command run with --json. */
export async function json(
  args: readonly string[],
  options: RunOptions = {},
): Promise<Record<string, unknown>> {
  const run = await bridle([...args, '--json'], options);
  const lines = run.stdout.trimEnd().split('\n');
  if (lines.length !== 1) throw new Error(`${lines.length} lines: ${run.stdout}${run.stderr}`);
  return { exitCode: run.exitCode, ...(JSON.parse(lines[0] ?? '') as object) };
}
