/**
 * Turns the RPCs of a process into lines of a recording: what servers say to each other, and what an
 * operator changes. Clients' reads and writes are not recorded, nor are questions that only look.
 */
import {
  type ClientTap,
  formatAddress,
  type RpcTap,
  type ServerTap,
  type TappedCall,
} from '../../pegasus/index.js';
import type { ReceiveLine, SendLine } from './lines.js';
import { contentOf, isCommandRecorded, summaryOf } from './message-summary.js';
import type { LineFacts, Recorder } from './recorder.js';

/**
 * Written by whoever gets a message, so that it can be told whole if its sender was not watched. Whoever
 * brings the processes' lines together takes these fields away again.
 */
export interface ArrivalFacts {
  /** `host:port` */
  readonly from: string;
  /** It announced no address: somebody's tool, not a server. */
  readonly fromTool: boolean;
  readonly kind: string;
  readonly what: 'request' | 'reply';
}
export type RecordedArrival = ReceiveLine &
  Partial<ArrivalFacts> &
  Pick<SendLine, 'bytes' | 'body' | 'error' | 'gpid'>;

/** What an operator's tool may ask that changes something. */
const CHANGES = new Set([
  'RPC_CM_CREATE_APP',
  'RPC_CM_DROP_APP',
  'RPC_CM_RECALL_APP',
  'RPC_CM_RENAME_APP',
  'RPC_CM_UPDATE_APP_ENV',
  'RPC_CM_CONTROL_META',
  'RPC_CM_SET_MAX_REPLICA_COUNT',
  'RPC_CM_ADD_DUPLICATION',
  'RPC_CM_MODIFY_DUPLICATION',
  'RPC_CLI_CLI_CALL',
]);
const SHIPPING = 'RPC_RRDB_RRDB_DUPLICATE';

/** Whether a call is told; over `thft` come an operator's tools and clients. */
export function isRecorded({ code, protocol }: Pick<TappedCall, 'code' | 'protocol'>): boolean {
  if (protocol === 'thft') return CHANGES.has(code);
  return code === SHIPPING || !code.startsWith('RPC_RRDB_');
}

/** The id of the reply to a call. */
export const replyId = (id: string): string => `${id}r`;

export class RpcRecorder implements RpcTap {
  readonly #recorder: Recorder;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  calling(call: TappedCall, request: unknown): ClientTap | undefined {
    if (!this.#recorder.on || !this.#recorder.recordsMessages || !isRecorded(call)) return undefined;
    return new RecordedCall(this.#recorder, call, request);
  }

  serving(call: TappedCall): ServerTap | undefined {
    if (!this.#recorder.on || !this.#recorder.recordsMessages || !isRecorded(call)) return undefined;
    return new ServedCall(this.#recorder, call);
  }

  lateReply(call: TappedCall, id: string, bytes: number): void {
    if (!this.#recorder.on || !this.#recorder.recordsMessages || !isRecorded(call)) return;
    this.#recorder.add(arrival(call, replyId(id), 'reply', { bytes }));
  }
}

class RecordedCall implements ClientTap {
  readonly #recorder: Recorder;
  readonly #call: TappedCall;
  #request: unknown;
  #id = '';

  constructor(recorder: Recorder, call: TappedCall, request: unknown) {
    this.#recorder = recorder;
    this.#call = call;
    this.#request = request;
  }

  sent(id: string, bytes: number): void {
    this.#id = id;
    this.#tellSent(bytes);
  }

  notSent(why: string): void {
    const { peer } = this.#call;
    this.#id = `nowhere>${formatAddress(peer)}#${this.#recorder.next}`;
    this.#tellSent(0);
    this.#recorder.add({ t: 'lost', id: this.#id, why });
  }

  replied(error: string, response: unknown, bytes: number): void {
    this.#recorder.add(
      arrival(this.#call, replyId(this.#id), 'reply', { bytes, ...errorOf(error, response) }),
    );
  }

  replyDropped(bytes: number): void {
    this.#recorder.add({ ...arrival(this.#call, replyId(this.#id), 'reply', { bytes }), fate: 'dropped' });
  }

  #tellSent(bytes: number): void {
    const { code, peer } = this.#call;
    this.#recorder.add({
      t: 'send',
      id: this.#id,
      to: formatAddress(peer),
      kind: code,
      what: 'request',
      bytes,
      ...gpidOf(this.#call),
      ...summaryOf(code, 'request', this.#request),
      ...(this.#recorder.keepsValues ? contentOf(code, this.#request) : {}),
    });
    // Batches are large, and the call may wait for long.
    this.#request = undefined;
  }
}

class ServedCall implements ServerTap {
  readonly #recorder: Recorder;
  readonly #call: TappedCall;
  #id = '';
  #silent = false;

  constructor(recorder: Recorder, call: TappedCall) {
    this.#recorder = recorder;
    this.#call = call;
  }

  arrived(id: string, request: unknown, bytes: number): void {
    this.#id = id;
    const { code, protocol } = this.#call;
    this.#silent = code === 'RPC_CLI_CLI_CALL' && !isCommandRecorded(request);
    if (this.#silent) return;
    // A server that calls is watched itself, and says more about what it sends.
    const body = protocol === 'thft' ? summaryOf(code, 'request', request) : {};
    this.#recorder.add(arrival(this.#call, id, 'request', { bytes, ...body }));
  }

  refused(id: string, fate: 'denied' | 'dropped', bytes: number): void {
    this.#id = id;
    this.#recorder.add({ ...arrival(this.#call, id, 'request', { bytes }), fate });
  }

  replied(error: string, response: unknown, bytes: number): void {
    if (this.#silent) return;
    const { code, peer } = this.#call;
    this.#recorder.add({
      t: 'send',
      id: replyId(this.#id),
      to: formatAddress(peer),
      kind: code,
      what: 'reply',
      answers: this.#id,
      bytes,
      ...gpidOf(this.#call),
      ...errorOf(error, response),
      ...(error === 'ERR_OK' ? summaryOf(code, 'response', response) : {}),
    });
  }
}

function arrival(
  call: TappedCall,
  id: string,
  what: 'request' | 'reply',
  more: Pick<SendLine, 'bytes' | 'body' | 'error'>,
): LineFacts & { readonly t: 'receive' } {
  const facts: ArrivalFacts = {
    from: formatAddress(call.peer),
    fromTool: call.protocol === 'thft',
    kind: call.code,
    what,
  };
  return { t: 'receive', id, ...facts, ...gpidOf(call), ...more } as LineFacts & { readonly t: 'receive' };
}

function gpidOf({ gpid: { appId, partitionIndex } }: TappedCall): { readonly gpid?: string } {
  return appId === 0 ? {} : { gpid: `${appId}.${partitionIndex}` };
}

/** The error of a reply: that of the RPC, else the one in its struct. */
export function errorOf(error: string, response: unknown): { readonly error?: string } {
  if (error !== 'ERR_OK') return { error };
  const { err, error: inner } = (response ?? {}) as { readonly err?: unknown; readonly error?: unknown };
  const told = typeof err === 'string' ? err : typeof inner === 'string' ? inner : 'ERR_OK';
  return told === 'ERR_OK' ? {} : { error: told };
}
