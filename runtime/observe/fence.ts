/** Who has closed a table to writes: the note beside the fence, as it stands in the table's environment. */
import { z } from 'zod';

const fenceNoteSchema = z.object({
  /** Of the migration; stays the same when it is resumed. */
  id: z.string().min(1).max(64),
  /** Grows each time that it is resumed: what an earlier run still sends is refused. */
  run: z.number().int().positive(),
  /** In words, e.g. `bridle migrate on host-7, process 4711`. */
  by: z.string().max(256),
  /** ISO 8601 */
  since: z.string().max(64),
  /** The command that opens the table again; empty when it has moved for good. */
  undo: z.string().max(1_024),
  /** Where its clients go, when they have. */
  movedTo: z.string().max(256).optional(),
});
/** What whoever closed the table says of itself. */
export type FenceNote = z.infer<typeof fenceNoteSchema>;

/** What the remote command `bridle.fence` answers. */
export const fenceReportSchema = z.object({
  table: z.string(),
  /** As the table's environment has it; null: clients are refused nothing. */
  denial: z.string().nullable(),
  note: fenceNoteSchema.nullable(),
  partitions: z.array(
    z.object({
      partition: z.number(),
      node: z.string(),
      alive: z.boolean(),
      /** The environment as it is now is in force there. */
      current: z.boolean(),
      /** Clients' writes are refused, and none is under way. */
      writesClosed: z.boolean(),
      /** In the same report: what was closed by then cannot grow. */
      lastCommitted: z.number(),
    }),
  ),
});
export type FenceReport = z.infer<typeof fenceReportSchema>;

/** Null for no note, and for one that is not ours. */
export function parseFenceNote(text: string | undefined): FenceNote | null {
  if (text === undefined) return null;
  try {
    const parsed = fenceNoteSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** @example fenceLine('users', note) // 'users is closed to writes by bridle migrate on …' */
export function fenceLine(table: string, note: FenceNote | null, denial: string): string {
  if (note === null) return `${table} refuses requests of clients (${denial}); nobody has left word why`;
  const { by, since, undo, movedTo } = note;
  if (movedTo !== undefined) return `${table} has moved to ${movedTo} and takes no writes since ${since}`;
  return `${table} is closed to writes by ${by} since ${since}; it is opened by: ${undo}`;
}
