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
import { boundedJson, quoted } from './bounded.js';
import type { ReceiveLine, SendLine } from './lines.js';
import { contentOf, type Facts, isCommandRecorded, summaryFacts } from './message-summary.js';
import type { Recorder } from './recorder.js';

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
    this.#recorder.add(() => arrival(call, replyId(id), 'reply', { bytes }));
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
    this.#tellReply({ bytes, error: errorOf(error, response) });
  }

  replyDropped(bytes: number): void {
    this.#tellReply({ bytes, fate: 'dropped' });
  }

  #tellReply(told: Told): void {
    const id = replyId(this.#id);
    this.#recorder.add(() => arrival(this.#call, id, 'reply', told));
  }

  #tellSent(bytes: number): void {
    const { code } = this.#call;
    const request = this.#request;
    const told = { bytes, body: summaryFacts(code, 'request', request) };
    const id = this.#id;
    const text = () => sending(this.#call, id, 'request', told);
    const { content } = this.#recorder.keepsValues ? contentOf(code, request) : {};
    // With rows it is a line like any other: not everybody who fetches it may have them.
    if (content === undefined) this.#recorder.add(text);
    else this.#recorder.add({ ...(JSON.parse(`${text()}}`) as Omit<SendLine, 'at' | 'process'>), content });
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
    const body = protocol === 'thft' ? summaryFacts(code, 'request', request) : undefined;
    this.#recorder.add(() => arrival(this.#call, id, 'request', { bytes, body }));
  }

  refused(id: string, fate: 'denied' | 'dropped', bytes: number): void {
    this.#id = id;
    this.#recorder.add(() => arrival(this.#call, id, 'request', { bytes, fate }));
  }

  replied(error: string, response: unknown, bytes: number): void {
    if (this.#silent) return;
    const { code } = this.#call;
    const body = error === 'ERR_OK' ? summaryFacts(code, 'response', response) : undefined;
    const told = { bytes, answers: this.#id, body, error: errorOf(error, response) };
    const id = replyId(this.#id);
    this.#recorder.add(() => sending(this.#call, id, 'reply', told));
  }
}

interface Told {
  readonly bytes: number;
  readonly answers?: string;
  readonly error?: string | undefined;
  readonly body?: Facts | undefined;
  readonly fate?: 'denied' | 'dropped';
}

/** A `send` line, up to its time. Written by hand, for there are several for each batch that is shipped. */
function sending(
  { code, peer, gpid }: TappedCall,
  id: string,
  what: 'request' | 'reply',
  told: Told,
): string {
  let text = `{"t":"send","id":${quoted(id)},"to":${quoted(formatAddress(peer))},"kind":${quoted(code)},"what":"${what}"`;
  if (told.answers !== undefined) text += `,"answers":${quoted(told.answers)}`;
  return text + moreOf(gpid, told);
}

/** A `receive` line with {@link ArrivalFacts}, up to its time. */
function arrival(
  { code, peer, protocol, gpid }: TappedCall,
  id: string,
  what: ArrivalFacts['what'],
  told: Told,
): string {
  const text = `{"t":"receive","id":${quoted(id)},"from":${quoted(formatAddress(peer))},"fromTool":${protocol === 'thft'},"kind":${quoted(code)},"what":"${what}"`;
  return text + moreOf(gpid, told);
}

function moreOf({ appId, partitionIndex }: TappedCall['gpid'], { bytes, error, body, fate }: Told): string {
  let text = `,"bytes":${bytes}`;
  if (appId !== 0) text += `,"gpid":"${appId}.${partitionIndex}"`;
  if (error !== undefined) text += `,"error":${quoted(error)}`;
  if (body !== undefined) text += `,"body":${boundedJson(body)}`;
  if (fate !== undefined) text += `,"fate":"${fate}"`;
  return text;
}

/** The error of a reply: that of the RPC, else the one in its struct. */
export function errorOf(error: string, response: unknown): string | undefined {
  if (error !== 'ERR_OK') return error;
  const { err, error: inner } = (response ?? {}) as { readonly err?: unknown; readonly error?: unknown };
  const told = typeof err === 'string' ? err : typeof inner === 'string' ? inner : 'ERR_OK';
  return told === 'ERR_OK' ? undefined : told;
}
