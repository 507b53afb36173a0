/** The page's server as part of a command: says where it is, and ends with the command. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { InspectedRun } from '../../visualizations/inspector/inspected-run.js';
import { serveInspector } from '../../visualizations/inspector/server.js';
import type { CommandContext } from './context.js';
import { type InspectFlags, usage } from './inspect.js';

export interface Shown {
  readonly run: InspectedRun;
  /** What is shown, for the line of JSON. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly compare?: string;
}

/** Serves until the command is interrupted. */
export async function serveUntilInterrupted(
  { out, signal }: CommandContext,
  { run, facts, compare }: Shown,
  { host, port, token, tokenFile, control = false, open = false }: InspectFlags,
): Promise<void> {
  const given = await tokenOf(token, tokenFile);
  await using server = await serveInspector({ run, host, port, token: given, control, compare });
  const { url } = server;
  out.result({ url, ...facts, control, token: given !== undefined }, url);
  if (given !== undefined) out.note('open it with ?token=TOKEN');
  if (run.live && !control) out.note('read-only; --control lets the page steer');
  if (open) openInBrowser(url, () => out.note(`no browser could be started: open ${url}`));
  await new Promise<void>((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
}

async function tokenOf(token: string | undefined, file: string | undefined): Promise<string | undefined> {
  // A new title takes the place of the command line, which anybody on the machine can read.
  if (token !== undefined) process.title = 'bridle inspect';
  if (file !== undefined) {
    if (token !== undefined) throw usage('--token and --token-file say the same thing');
    const text = await readFile(file, 'utf8').catch((error: Error) => {
      throw usage(`--token-file: ${error.message}`);
    });
    return text.trim();
  }
  const given = token ?? process.env.BRIDLE_INSPECT_TOKEN;
  return given === '' ? undefined : given;
}

const OPENERS: Readonly<Record<string, string>> = { darwin: 'open', win32: 'explorer' };

function openInBrowser(url: string, onFailure: () => void): void {
  const child = spawn(OPENERS[process.platform] ?? 'xdg-open', [url], { stdio: 'ignore', detached: true });
  child.on('error', onFailure);
  child.unref();
}
