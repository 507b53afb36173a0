/**
 * What a meta server knows of a table that is closed to clients: who has closed it, as they said it themselves,
 * and which partitions are known to be closed.
 */
import { z } from 'zod';
import { ENV_DENY_CLIENT_REQUEST, ENV_FENCE } from '../../../machines/index.js';
import { type FenceReport, parseFenceNote } from '../../observe/fence.js';
import type { MetaServer } from './meta-server.js';
import type { TableRecord } from './meta-store.js';

/**
 * Why a fence may not be put where one is: it belongs to another migration, or to a later run of the same. Null: it
 * may.
 */
export function whyNotFenced(present: string | undefined, wanted: string | undefined): string | null {
  if (present === undefined || wanted === undefined || present === wanted) return null;
  const [there, next] = [parseFenceNote(present), parseFenceNote(wanted)];
  if (there === null || next === null) return null;
  if (there.id !== next.id) return `closed by ${there.by} since ${there.since}`;
  return next.run < there.run ? `closed by run ${there.run} of the same migration` : null;
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
