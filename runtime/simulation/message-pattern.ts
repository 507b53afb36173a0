/** Which messages are meant: every field that is left out fits any. */
import { processName } from './recording/process-name.js';
import type { WireMessage } from './wire-message.js';

export interface MessagePattern {
  /** Names of servers, with `*` for any run of characters: `west/replica-*`. */
  readonly from?: string;
  readonly to?: string;
  /** RPC code, with `*` as above; of a reply, that of its request. */
  readonly code?: string;
  readonly what?: WireMessage['what'];
}

/** @example matches({ to: 'west/*', what: 'request' }, message) */
export function matches(pattern: MessagePattern, message: WireMessage): boolean {
  const { from, to, code, what } = pattern;
  return (
    (what === undefined || what === message.what) &&
    fits(from, message.from) &&
    fits(to, message.to) &&
    fits(code, message.code)
  );
}

/** @example patternInWords({ to: 'west/*', what: 'request' }) // 'request to west *' */
export function patternInWords({ from, to, code, what }: MessagePattern): string {
  const named = `${what ?? 'message'}${code === undefined ? '' : ` of ${code}`}`;
  const end = (word: string, server: string | undefined): string =>
    server === undefined ? '' : ` ${word} ${processName(server)}`;
  return `${named}${end('from', from)}${end('to', to)}`;
}

/** Whether a text is what a wildcard stands for; none stands for anything. */
export function fits(wildcard: string | undefined, text: string): boolean {
  if (wildcard === undefined || wildcard === text) return true;
  const [head = '', ...rest] = wildcard.split('*');
  if (rest.length === 0 || !text.startsWith(head)) return false;
  let at = head.length;
  for (const [i, part] of rest.entries()) {
    if (i === rest.length - 1) return part === '' || (text.length - part.length >= at && text.endsWith(part));
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return true;
}
