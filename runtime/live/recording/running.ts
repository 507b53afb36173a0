/**
 * Where running clusters are noted, so that an inspector finds them without being told: one small file for
 * each run, in a directory that only this user can read.
 */
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { isAlive } from '../is-alive.js';

const cluster = z.object({
  name: z.string(),
  /** `host:port` of each meta server. */
  metas: z.array(z.string()),
});
const announcement = z.object({
  /** Of the process that runs the clusters. */
  pid: z.number().int(),
  title: z.string(),
  /** Milliseconds since 1970. */
  startedMs: z.number(),
  /** They run on this machine for the purpose of trying things out: faults may be injected. */
  embedded: z.literal(true),
  clusters: z.array(cluster).min(1),
});

export type AnnouncedCluster = z.infer<typeof cluster>;
export type RunAnnouncement = z.infer<typeof announcement>;

export interface Announced {
  /** Takes the note away again. */
  end(): Promise<void>;
}

/** More notes than this are not looked at. */
const RUNS_LIMIT = 256;
const NO_RUN: Announced = { end: async () => {} };

function runsDirectory(): string {
  const { uid, username } = userInfo();
  return join(tmpdir(), `bridle-${uid >= 0 ? uid : username}`, 'runs');
}

/**
 * Notes that this process runs clusters. A directory that cannot be written, or that belongs to somebody
 * else, is no reason not to run: then nobody finds it by itself.
 *
 * @example
 * const announced = await announceRun('demo', [{ name: 'east', metas: ['127.0.0.1:34601'] }]);
 * await announced.end();
 */
export async function announceRun(
  title: string,
  clusters: readonly AnnouncedCluster[],
  directory = runsDirectory(),
): Promise<Announced> {
  const startedMs = Date.now();
  const note: RunAnnouncement = {
    pid: process.pid,
    title,
    startedMs,
    embedded: true,
    clusters: [...clusters],
  };
  const file = join(directory, `${process.pid}-${startedMs.toString(36)}.json`);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    if (!(await isOurs(directory))) return NO_RUN;
    await writeFile(`${file}.new`, `${JSON.stringify(note)}\n`, { mode: 0o600 });
    await rename(`${file}.new`, file);
  } catch {
    return NO_RUN;
  }
  return { end: () => rm(file, { force: true }) };
}

/** Runs whose process is there, the youngest first. */
export async function findRuns(directory = runsDirectory()): Promise<RunAnnouncement[]> {
  if (!(await isOurs(directory).catch(() => false))) return [];
  const names = (await readdir(directory)).filter((name) => name.endsWith('.json')).slice(0, RUNS_LIMIT);
  const found = await Promise.all(names.map((name) => readNote(join(directory, name))));
  return found
    .filter((run): run is RunAnnouncement => run !== null && isAlive(run.pid))
    .sort((a, b) => b.startedMs - a.startedMs);
}

/** Nobody else may have put notes there: they would lead an inspector to servers of theirs. */
async function isOurs(directory: string): Promise<boolean> {
  const { uid, mode } = await stat(directory);
  const own = process.getuid?.();
  return own === undefined || (uid === own && (mode & 0o022) === 0);
}

async function readNote(file: string): Promise<RunAnnouncement | null> {
  try {
    const parsed = announcement.safeParse(JSON.parse(await readFile(file, 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
