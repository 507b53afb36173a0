import { STATUS_CODES } from 'node:http';
import type { HttpRequest, HttpResponse } from './context.js';

/** A parsed header block: a request to handle, or the status that answers it at once. */
export type HttpParse =
  | { readonly request: HttpRequest; readonly keepAlive: boolean }
  | { readonly refusal: number; readonly reason: string };

const REQUEST_LINE = /^(\S+) (\/\S*) HTTP\/1\.([01])$/;
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;
const CONTROL_CHARACTER = /\p{Cc}/u;

function refuse(refusal: number, reason: string): HttpParse {
  return { refusal, reason };
}

/**
 * Parses the block from the request line to the empty line. GET without a body only; a query parameter
 * given twice is refused, as upstream.
 */
export function parseHttpBlock(block: Buffer): HttpParse {
  const [requestLine, ...headerLines] = block.toString('latin1').trimEnd().split('\r\n');
  const match = REQUEST_LINE.exec(requestLine ?? '');
  if (match === null) return refuse(400, 'bad request line');
  const [, method, target = '/', minor] = match;
  if (method !== 'GET') return refuse(405, 'only GET is served');
  let keepAlive = minor === '1';
  let accept = '';
  for (const line of headerLines) {
    const header = HEADER_LINE.exec(line);
    if (header === null) return refuse(400, 'bad header line');
    const name = (header[1] ?? '').toLowerCase();
    const value = (header[2] ?? '').toLowerCase();
    if (name === 'connection') keepAlive = value === 'close' ? false : keepAlive || value === 'keep-alive';
    if (name === 'accept') accept = accept === '' ? value : `${accept},${value}`;
    // A body we do not read would be taken for the next request.
    if (name === 'transfer-encoding' || (name === 'content-length' && value !== '0')) {
      return refuse(400, 'a GET has no body');
    }
  }
  const cut = target.indexOf('?');
  const query = new URLSearchParams(cut < 0 ? '' : target.slice(cut + 1));
  if (new Set(query.keys()).size !== query.size) return refuse(400, 'duplicate query parameter');
  try {
    const path = decodeURIComponent(cut < 0 ? target : target.slice(0, cut));
    if (CONTROL_CHARACTER.test(path)) return refuse(400, 'bad path');
    return { request: { path, query, accept }, keepAlive };
  } catch {
    return refuse(400, 'bad path');
  }
}

/** The bytes of a whole response. */
export function formatHttpResponse(response: HttpResponse, keepAlive: boolean): Buffer {
  const body = typeof response.body === 'string' ? Buffer.from(response.body, 'utf8') : response.body;
  const contentType = response.contentType ?? 'text/plain';
  if (CONTROL_CHARACTER.test(contentType)) throw new TypeError('a content type with control characters');
  const head = [
    `HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? 'Unknown'}`,
    `Content-Type: ${contentType}`,
    `Content-Length: ${body.length}`,
    `Connection: ${keepAlive ? 'keep-alive' : 'close'}`,
    '\r\n',
  ].join('\r\n');
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}
