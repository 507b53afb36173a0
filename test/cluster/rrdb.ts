/** A table's partition behind its rrdb service, called without a network. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  RrdbService,
  type RrdbServiceOptions,
  rrdbApply,
  type ServingPartition,
} from '../../runtime/cluster/rrdb/index.js';
import {
  BinaryWriter,
  encodeArgument,
  encodeRawKey,
  FilterType,
  type Gpid,
  type Handler,
  PEGASUS_EPOCH_SECONDS,
  type Request,
  type RequestContext,
  type Response,
  type RpcCode,
  threadHashOf,
} from '../../runtime/pegasus/index.js';
import { MemoryEngine, PartitionStore } from '../../runtime/store/index.js';

export const gpid: Gpid = { appId: 2, partitionIndex: 0 };
const serverAddress = '127.0.0.1:34801';
/** What every answer of the served partition names. */
export const origin = { ...gpid, server: serverAddress };

export const b = (text: string): Buffer => Buffer.from(text, 'latin1');
export const raw = (hashKey: string, sortKey = ''): Buffer => encodeRawKey(b(hashKey), b(sortKey));

/** A directory that is gone when the test is over. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'rrdb-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

/** An RPC's argument as a store logs it (field 1) or a shipper sends it (field 0). */
export function message<C extends RpcCode>(code: C, request: Request<C>, fieldId = 1): Buffer {
  const w = new BinaryWriter();
  encodeArgument(w, code, request, fieldId);
  return w.finish();
}

/** Calls a service's handlers as its server would; `at` is the partition that is meant. */
export function callerOf(service: RrdbService, at: Gpid) {
  return async <C extends RpcCode>(
    code: C,
    request: Request<C>,
    context: Partial<RequestContext> = {},
  ): Promise<Response<C>> => {
    const handler = service.handlers[code] as Handler<C>;
    return (await handler(request, {
      code,
      peer: { host: '127.0.0.1', port: 1 },
      protocol: 'thft',
      gpid: at,
      partitionHash: 0n,
      threadHash: threadHashOf(context.gpid ?? at),
      timeoutMs: 1_000,
      signal: new AbortController().signal,
      ...context,
    })) as Response<C>;
  };
}

/** One partition of a table, behind a service whose clock stands at `clock.now` (pegasus epoch seconds). */
export async function serve(
  over: Partial<ServingPartition> & Pick<RrdbServiceOptions, 'maxWriteBytes'> = {},
) {
  const { maxWriteBytes, ...partitionOver } = over;
  const directory = await temporaryDirectory();
  const apply = rrdbApply({ clusterId: 1 });
  const store = await PartitionStore.open({ directory, apply, openEngine: () => MemoryEngine.open() });
  onTestFinished(() => store.close());
  const clock = { now: 1_000 };
  const partition: ServingPartition = {
    gpid,
    partitionCount: 1,
    store,
    owner: null,
    writable: true,
    ...partitionOver,
  };
  const service = new RrdbService({
    partition: ({ appId, partitionIndex }) =>
      appId === partition.gpid.appId && partitionIndex === partition.gpid.partitionIndex
        ? partition
        : undefined,
    clusterId: 1,
    serverAddress,
    nowSeconds: () => PEGASUS_EPOCH_SECONDS + clock.now,
    ...(maxWriteBytes !== undefined && { maxWriteBytes }),
  });
  const call = callerOf(service, partition.gpid);
  const put = (key: Buffer, value: string, expireTsSeconds = 0) =>
    call('RPC_RRDB_RRDB_PUT', { key, value: b(value), expireTsSeconds });
  return { store, clock, call, put, service };
}

/** Asks for the whole table in batches of 100. */
export const scanner = (
  over: Partial<Request<'RPC_RRDB_RRDB_GET_SCANNER'>> = {},
): Request<'RPC_RRDB_RRDB_GET_SCANNER'> => ({
  startKey: b('\0\0'),
  stopKey: b('\xff\xff'),
  startInclusive: true,
  stopInclusive: false,
  batchSize: 100,
  noValue: false,
  hashKeyFilterType: FilterType.NO_FILTER,
  hashKeyFilterPattern: b(''),
  sortKeyFilterType: FilterType.NO_FILTER,
  sortKeyFilterPattern: b(''),
  ...over,
});

export const keysOf = (response: { readonly kvs: readonly { readonly key: Buffer }[] }): string[] =>
  response.kvs.map(({ key }) => key.toString('latin1'));
