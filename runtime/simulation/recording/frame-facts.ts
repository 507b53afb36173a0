/** What a frame on a simulated link says, as far as a recording tells it. */

import type { SendLine } from '../../observe/recording/lines.js';
import { isCommandRecorded, summaryOf } from '../../observe/recording/message-summary.js';
import { errorOf, isRecorded } from '../../observe/recording/recorder-rpc.js';
import { BinaryReader, decodeWrapped, type Gpid, isRpcCode, RPC, WireError } from '../../pegasus/index.js';
import { decodeRdsnMessage } from '../../pegasus/rdsn.js';
import { decodeThftRequest, decodeThftResponse } from '../../pegasus/thft.js';
import type { WireMessage } from '../wire-message.js';

export type FrameFacts = Pick<SendLine, 'body' | 'error' | 'gpid'>;

interface Parts {
  readonly args: Buffer;
  readonly error: string;
  readonly gpid: Gpid | null;
}

/** Null: a recording is silent about it, as it is of a live run. */
export function frameFacts(message: WireMessage): FrameFacts | null {
  const { code, what, from, to } = message;
  const protocol = from === 'client' || to === 'client' ? 'thft' : 'rdsn';
  if (!isRpcCode(code) || !isRecorded({ code, protocol })) return null;
  const { args, error, gpid } = partsOf(message, protocol);
  const type = what === 'request' ? RPC[code].request : RPC[code].response;
  const struct = error !== 'ERR_OK' || type === null ? undefined : decoded(args, type);
  if (what === 'request' && code === 'RPC_CLI_CLI_CALL' && !isCommandRecorded(struct)) return null;
  const failed = what === 'reply' ? errorOf(error, struct) : undefined;
  return {
    ...(gpid === null || gpid.appId === 0 ? {} : { gpid: `${gpid.appId}.${gpid.partitionIndex}` }),
    ...(failed === undefined ? {} : { error: failed }),
    ...summaryOf(code, what === 'request' ? 'request' : 'response', struct),
  };
}

function partsOf({ bytes, what }: WireMessage, protocol: 'rdsn' | 'thft'): Parts {
  if (protocol === 'rdsn') {
    const { header, body } = decodeRdsnMessage(bytes);
    return { args: body, error: what === 'request' ? 'ERR_OK' : header.error, gpid: header.gpid };
  }
  if (what === 'request') {
    const { args, gpid } = decodeThftRequest(bytes);
    return { args, error: 'ERR_OK', gpid };
  }
  const { result, error } = decodeThftResponse(bytes);
  return { args: result, error, gpid: null };
}

/** Nothing for what a test made up. */
function decoded(bytes: Buffer, type: Parameters<typeof decodeWrapped>[1]): unknown {
  try {
    return decodeWrapped(new BinaryReader(bytes), type);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
