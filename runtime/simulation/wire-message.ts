/** One frame on its way between two servers, told apart by what its head says. */
import { peekRdsnHead } from '../pegasus/rdsn.js';
import { decodeThftRequest, decodeThftResponse } from '../pegasus/thft.js';

export interface WireMessage {
  /** Names of servers; `client` for whoever announces no address. */
  readonly from: string;
  readonly to: string;
  /** RPC code of the request, also for its reply: `RPC_CM_CREATE_APP`. */
  readonly code: string;
  readonly what: 'request' | 'reply';
  /** Tells the requests of one connection apart; the reply has the same. */
  readonly sequence: number;
  /** Of the connection. */
  readonly connection: number;
  readonly bytes: Buffer;
}

type Head = Pick<WireMessage, 'code' | 'what' | 'sequence'>;

/** @throws WireError for bytes that are no frame */
export function headOf(frame: Buffer, kind: 'rdsn' | 'thft' | 'thft-response' | 'http'): Head {
  switch (kind) {
    case 'rdsn': {
      const { code, isRequest, id } = peekRdsnHead(frame);
      return { code: withoutAck(code), what: isRequest ? 'request' : 'reply', sequence: id };
    }
    case 'thft': {
      const { code, seqId } = decodeThftRequest(frame);
      return { code, what: 'request', sequence: seqId };
    }
    case 'thft-response': {
      const { code, seqId } = decodeThftResponse(frame);
      return { code: withoutAck(code), what: 'reply', sequence: seqId };
    }
    case 'http':
      return { code: 'HTTP', what: 'request', sequence: 0 };
  }
}

const withoutAck = (code: string): string => (code.endsWith('_ACK') ? code.slice(0, -4) : code);

/** `RPC_CM_CREATE_APP east/meta → west/meta`, with `reply` for replies. */
export function messageInWords({ code, what, from, to }: WireMessage): string {
  return `${what === 'reply' ? 'reply to ' : ''}${code} ${from} → ${to}`;
}
