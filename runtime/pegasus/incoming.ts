import type { BinaryWriter } from './buffer.js';
import { invalidData } from './errors.js';
import { decodeRdsnMessage, encodeRdsnResponse, FORMAT_THRIFT_BINARY, unpackContext } from './rdsn.js';
import type { Address } from './schema.js';
import type { RequestHead, ServerContext } from './server-context.js';
import type { ServerTap } from './tap.js';
import { decodeThftRequest, encodeThftResponse } from './thft.js';

/** A request as it came in, and how its reply is written. */
export interface Incoming {
  readonly head: RequestHead;
  readonly seqId: number | bigint;
  /** Undefined: in a format we do not speak. */
  readonly args: Buffer | undefined;
  /** An rpc-level error name and, with ERR_OK, the encoder of the result. */
  readonly encode: (w: BinaryWriter, error: string, writeResult?: (w: BinaryWriter) => void) => void;
}

/** Answers one request: an rpc-level error name and, with ERR_OK, the encoder of the result and the result. */
export type Reply = (error: string, writeResult?: (w: BinaryWriter) => void, result?: unknown) => void;

/** A request that may be handled, and who listens in on it. */
export interface Admitted {
  readonly context: ServerContext;
  readonly args: Buffer | undefined;
  readonly reply: Reply;
  readonly tap: ServerTap | undefined;
  /** Of the call, for the tap. */
  readonly id: string;
}

export function decodeThftCall(frame: Buffer, peer: Address): Incoming {
  const { code, seqId, gpid, partitionHash, threadHash, timeoutMs, args } = decodeThftRequest(frame);
  return {
    head: { protocol: 'thft', code, peer, gpid, partitionHash, threadHash, timeoutMs },
    seqId,
    args,
    encode: (w, error, writeResult) =>
      encodeThftResponse(w, { error, code: `${code}_ACK`, seqId }, writeResult),
  };
}

/** @param socketPeer the caller, unless it announces its listening address */
export function decodeRdsnCall(frame: Buffer, socketPeer: Address): Incoming {
  const { header, body } = decodeRdsnMessage(frame);
  const context = unpackContext(header.context);
  if (!context.isRequest) throw invalidData('a response was sent to a server');
  const { code, from, gpid, partitionHash, threadHash, timeoutMs } = header;
  const peer = from !== null && from.port !== 0 ? from : socketPeer;
  return {
    head: { protocol: 'rdsn', code, peer, gpid, partitionHash, threadHash, timeoutMs },
    seqId: header.id,
    args: context.format === FORMAT_THRIFT_BINARY ? body : undefined,
    encode: (w, error, writeResult) => encodeRdsnResponse(w, header, error, writeResult),
  };
}
