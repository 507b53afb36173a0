/** Moving partitions between the nodes of an embedded cluster; each call safe against an answer that never comes. */
import { z } from 'zod';
import { formatAddress } from '../pegasus/address.js';
import { parseServer } from './address.js';
import type { Deadline } from './deadline.js';
import { BridleError } from './errors.js';
import type { MovedPartition, PlaceOfPartition } from './model.js';
import { checkTableName } from './table-admin.js';

const POLL_FIRST_MS = 50;
const POLL_CAP_MS = 500;

/** A remote command at the leading meta server, sent once. */
export type AskMeta = (name: string, args: readonly string[], timeoutMs: number) => Promise<string>;

const refusal = z.object({ error: z.string(), hint: z.string().optional() });
const begun = z.object({ ballot: z.number(), from: z.string(), to: z.string() });

const moveEnd = z.object({
  ballot: z.number(),
  from: z.string(),
  to: z.string(),
  outcome: z.enum(['moved', 'undone']),
  atMs: z.number(),
  error: z.string().optional(),
  operation: z.string().optional(),
  peer: z.string().optional(),
  hint: z.string().optional(),
});

const places = z.array(
  z.object({
    table: z.string(),
    partition: z.number(),
    node: z.string(),
    alive: z.boolean(),
    state: z.string(),
    moving: z
      .object({
        to: z.string(),
        ballot: z.number(),
        sinceMs: z.number(),
        state: z.string(),
        waitingFor: z.string(),
      })
      .nullable(),
    lastMove: moveEnd.nullable(),
  }),
);

/** Where each partition is or goes; all tables if none is named. */
export async function listPlaces(
  ask: AskMeta,
  table: string | undefined,
  deadline: Deadline,
): Promise<PlaceOfPartition[]> {
  if (table !== undefined) checkTableName(table);
  const answer = await repeated(ask, 'bridle.places', table === undefined ? [] : [table], deadline);
  const found = places.safeParse(answer);
  if (!found.success) throw unsupported('bridle.places');
  if (table !== undefined && found.data.length === 0) {
    const hint = `there is no table named "${table}"`;
    throw BridleError.of('ERR_APP_NOT_EXIST', { operation: 'bridle.places', hint, values: { table } });
  }
  return found.data;
}

/** Resolves when the new place is durable. */
export async function movePartition(
  ask: AskMeta,
  { table, partition, to }: { readonly table: string; readonly partition: number; readonly to: string },
  deadline: Deadline,
): Promise<MovedPartition> {
  checkTableName(table);
  const node = formatAddress(parseServer(to));
  const before = (await listPlaces(ask, table, deadline)).find((each) => each.partition === partition);
  const known = before?.moving?.ballot ?? before?.lastMove?.ballot ?? 0;
  const begin = async (): Promise<number | null> => {
    try {
      return accepted(
        parsed(await ask('bridle.move', [table, String(partition), node], deadline.leftMs)),
        table,
      );
    } catch (error) {
      if (!(error instanceof BridleError && error.outcomeUnknown)) throw error;
      // The answer was lost, the move perhaps was not: its number is larger than the last one, and the record tells.
      return null;
    }
  };
  let ballot = await begin();
  for (let pollMs = POLL_FIRST_MS; ; pollMs = Math.min(POLL_CAP_MS, pollMs * 2)) {
    const now = (await listPlaces(ask, table, deadline)).find((each) => each.partition === partition);
    const isIt = (move: { readonly to: string; readonly ballot: number } | null | undefined) =>
      move != null && move.to === node && (ballot === null ? move.ballot > known : move.ballot === ballot);
    const { moving, lastMove = null } = now ?? {};
    if (lastMove !== null && isIt(lastMove)) {
      const { from, outcome, atMs } = lastMove;
      if (outcome === 'moved') return { table, partition, from, to: node, ballot: lastMove.ballot, atMs };
      const why = [lastMove.error, lastMove.operation, lastMove.peer, lastMove.hint];
      throw BridleError.of('BRIDLE_MOVE_UNDONE', {
        operation: 'move partition',
        peer: node,
        hint: why.filter((each) => each !== undefined).join(', '),
        values: { table },
      });
    }
    if (ballot === null && !isIt(moving)) ballot = await begin();
    if (await deadline.pause(pollMs)) continue;
    throw BridleError.of('ERR_TIMEOUT', {
      operation: 'move partition',
      peer: node,
      hint: `after ${deadline.timeoutMs} ms it waits for ${moving?.waitingFor ?? 'an answer'}; it goes on`,
      consequence: 'The move goes on, and ends or is undone by itself.',
      next: `bridle move ${table}`,
      values: { table },
    });
  }
}

function accepted(answer: unknown, table: string): number {
  const taken = begun.safeParse(answer);
  if (taken.success) return taken.data.ballot;
  const refused = refusal.safeParse(answer);
  if (!refused.success) throw unsupported('bridle.move');
  const { error, hint } = refused.data;
  const wrong = {
    causes: ['The number of the partition, or the address, is a slip.'],
    next: `bridle move ${table}`,
  };
  throw BridleError.of(error, {
    operation: 'bridle.move',
    hint,
    values: { table },
    ...(error === 'ERR_INVALID_PARAMETERS' ? wrong : {}),
  });
}

/** For a question that may be asked again. */
async function repeated(
  ask: AskMeta,
  name: string,
  args: readonly string[],
  deadline: Deadline,
): Promise<unknown> {
  for (;;) {
    try {
      return parsed(await ask(name, args, deadline.attemptMs(0.4)));
    } catch (error) {
      const passing = error instanceof BridleError && error.kind === 'retryable';
      if (!passing || !(await deadline.pause(POLL_FIRST_MS))) throw error;
    }
  }
}

/** Servers answer an unknown command with a sentence. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unsupported(operation: string): BridleError {
  return BridleError.of('ERR_HANDLER_NOT_FOUND', {
    operation,
    hint: 'only embedded clusters move partitions this way; a real one has its shell for that',
  });
}
