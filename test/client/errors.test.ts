import { describe, expect, it } from 'vitest';
import { BridleError, formatError } from '../../runtime/client/index.js';
import { RpcError } from '../../runtime/pegasus/errors.js';

describe('BridleError', () => {
  it('carries the facts of the catalogue and fills in the next command', () => {
    const error = BridleError.of('ERR_TIMEOUT', { peer: '127.0.0.1:1', values: { table: 'a b' } });
    expect(error).toMatchObject({ kind: 'retryable', outcomeUnknown: true, next: "bridle explain 'a b'" });
    expect(error.message).toBe(`ERR_TIMEOUT: ${error.what}`);
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ code: 'ERR_TIMEOUT', peer: '127.0.0.1:1' });
  });

  it('takes over what an RPC knows, and keeps codes nobody knows', () => {
    const error = BridleError.from(new RpcError('ERR_FROM_THE_FUTURE', 'RPC_X', 'h:1'));
    expect(error).toMatchObject({ code: 'ERR_FROM_THE_FUTURE', operation: 'RPC_X', peer: 'h:1' });
    expect(BridleError.from(error)).toBe(error);
    expect(BridleError.from(new Error('boom'))).toMatchObject({ code: 'ERR_UNKNOWN', hint: 'boom' });
  });

  it('reads as one fact per line, and lets no control character through', () => {
    const text = formatError(BridleError.of('ERR_ACL_DENY', { hint: 'no\u001b[2Jthing\nelse' }));
    const lines = text.split('\n');
    expect(lines[0]).toBe('error        ERR_ACL_DENY (operator)');
    expect(lines).toContain('detail       no [2Jthing else');
    expect(lines.at(-1)).toMatch(/^next {9}bridle /);
    for (const line of lines) expect(line).toMatch(/^[a-z ]{12} \S/);
  });
});
