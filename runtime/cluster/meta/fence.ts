/**
 * What a meta server knows of a table that is closed to clients: who has closed it, as they said it themselves,
 * and which partitions are known to be closed.
 */
import { z } from 'zod';
import { ENV_DENY_CLIENT_REQUEST, ENV_FENCE } from '../../../machines/index.js';
import type { Explanation } from '../../observe/explain.js';
import { type FenceNote, type FenceReport, fenceLine, parseFenceNote } from '../../observe/fence.js';
import type { MetaServer } from './meta-server.js';
import type { TableRecord } from './meta-store.js';

/** A fence by name: whose it is, and of which run. */
export type FenceName = Pick<FenceNote, 'id' | 'run'>;

/**
 * Why a fence may not be put up: there is one of another migration or of a later run, or this one has been lifted
 * before, and the order comes late. Null: it may.
 */
export function whyNotFenced(
  present: string | undefined,
  wanted: string | undefined,
  lifted: FenceName | undefined,
): string | null {
  const next = parseFenceNote(wanted);
  if (next === null) return null;
  if (lifted?.id === next.id && next.run <= lifted.run) return `run ${next.run} has lifted its fence`;
  return whyNotTheirs(parseFenceNote(present), next);
}

/** Why a fence may not be lifted by whoever shows this note. */
export function whyNotLifted(present: string | undefined, shown: string): string | null {
  const note = parseFenceNote(shown);
  return note === null ? 'that is no note of a fence' : whyNotTheirs(parseFenceNote(present), note);
}

function whyNotTheirs(there: FenceNote | null, mine: FenceName): string | null {
  if (there === null) return null;
  if (there.id !== mine.id) return `closed by ${there.by} since ${there.since}`;
  return mine.run < there.run ? `closed by run ${there.run} of the same migration` : null;
}

/** A duplication of a closed table says so, beside all that it waits for. */
export function withFence(explanation: Explanation, { name, envs }: TableRecord): Explanation {
  const denial = envs[ENV_DENY_CLIENT_REQUEST];
  if (denial === undefined) return explanation;
  const note = parseFenceNote(envs[ENV_FENCE]);
  const sinceMs = Date.parse(note?.since ?? '');
  return {
    ...explanation,
    fence: fenceLine(name, note, denial),
    waiting: [
      {
        actor: 'fence',
        state: denial,
        waitingFor: 'the table to be opened to its clients again, or to be handed over',
        from: note?.by ?? 'whoever has closed it',
        leavesWhen: note === null ? 'its environment is changed' : `it is done, or: ${note.undo}`,
        sinceMs: Number.isNaN(sinceMs) ? 0 : sinceMs,
        trouble: null,
      },
      ...explanation.waiting,
    ],
  };
}

const tableName = z.tuple([z.string().min(1)]);
const tableAndOwner = z.tuple([z.string().min(1), z.string().min(1)]);

export function fenceReport(server: MetaServer, table: TableRecord): FenceReport {
  const version = table.envVersion ?? 0;
  return {
    table: table.name,
    denial: table.envs[ENV_DENY_CLIENT_REQUEST] ?? null,
    note: parseFenceNote(table.envs[ENV_FENCE]),
    partitions: server.partitionsOf(table).map(({ node, alive, report }, partition) => {
      const current = report !== undefined && (report.envVersion ?? 0) === version;
      return {
        partition,
        node,
        alive,
        current,
        writesClosed: current && report.writesClosed === true,
        lastCommitted: report?.lastCommitted ?? -1,
      };
    }),
  };
}

/** `bridle.fence TABLE`, as JSON text. */
export function fenceAnswer(server: MetaServer, args: readonly string[]): string {
  const parsed = tableName.safeParse(args);
  if (!parsed.success) return refusal('ERR_INVALID_PARAMETERS', 'expected a table');
  const table = server.tables.available(parsed.data[0]);
  return table === undefined ? refusal('ERR_APP_NOT_EXIST') : JSON.stringify(fenceReport(server, table));
}

/** `bridle.release TABLE OWNER`, as JSON text. */
export async function releaseAnswer(server: MetaServer, args: readonly string[]): Promise<string> {
  const parsed = tableAndOwner.safeParse(args);
  if (!parsed.success) return refusal('ERR_INVALID_PARAMETERS', 'expected a table and its owner');
  const [table, owner] = parsed.data;
  const { error, hint } = await server.tables.release(table, owner);
  return error === 'ERR_OK' ? JSON.stringify({ table, released: true }) : refusal(error, hint);
}

const refusal = (error: string, hint?: string): string =>
  JSON.stringify({ error, ...(hint === undefined ? {} : { hint }) });
