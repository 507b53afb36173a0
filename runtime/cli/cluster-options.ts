/** What `bridle up` is given, checked before any process is started. */
import { readFile } from 'node:fs/promises';
import { parseServers } from '../client/address.js';
import { BridleError, type ErrorDetails } from '../client/index.js';
import { type PolicyRule, policySchema } from '../cluster/policy.js';
import type { LogLevel } from '../observe/log.js';
import { formatAddress } from '../pegasus/address.js';

/** Options of `bridle up` as commander gives them. */
export interface UpOptions {
  readonly name: string;
  readonly id?: number;
  readonly metaPort: number;
  readonly replicas?: number;
  readonly remote: Readonly<Record<string, readonly string[]>>;
  readonly policy?: string;
  readonly foreground?: boolean;
  readonly logLevel?: LogLevel;
}

/**
 * For an option that may come several times.
 *
 * @example
 * parseRemote('west=127.0.0.1:34701,127.0.0.1:34702', {}) // { west: ['127.0.0.1:34701', '127.0.0.1:34702'] }
 */
export function parseRemote(
  text: string,
  before: Readonly<Record<string, readonly string[]>>,
): Record<string, readonly string[]> {
  const at = text.indexOf('=');
  const name = text.slice(0, at);
  if (at < 1 || !/^[A-Za-z0-9_.-]{1,64}$/.test(name)) {
    throw BridleError.of('BRIDLE_USAGE', { hint: `--remote ${text}: write NAME=HOST:PORT,…` });
  }
  return { ...before, [name]: parseServers(text.slice(at + 1)).map(formatAddress) };
}

/** The rules of a policy file; see {@link parsePolicy}. */
export async function readPolicyFile(path: string): Promise<PolicyRule[]> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw badPolicy(path, error.message, error);
  });
  return parsePolicy(text, path);
}

/** A JSON array of rules, or an object with `rules`. BRIDLE_USAGE otherwise; `from` names the text there. */
export function parsePolicy(text: string, from: string): PolicyRule[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badPolicy(from, error instanceof Error ? error.message : String(error), error);
  }
  const rules = Array.isArray(value) ? value : (value as { readonly rules?: unknown } | null)?.rules;
  const parsed = policySchema.shape.rules.safeParse(rules);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw badPolicy(from, `rule ${issue?.path.join('.') ?? '?'}: ${issue?.message ?? 'not a list of rules'}`);
}

function badPolicy(from: string, why: string, cause?: unknown): BridleError {
  return BridleError.of('BRIDLE_USAGE', { operation: 'read policy', hint: `${from}: ${why}`, cause });
}

/** Any failure to start, as an error of the catalogue. */
export function startError(code: string, hint: string, { metaPort }: UpOptions, data: string): BridleError {
  // A value of the command line, and nothing that a duplication or a copy could have to do with.
  const ofUp: ErrorDetails =
    code === 'ERR_FILE_OPERATION_FAILED'
      ? {
          consequence: 'No cluster was started.',
          causes: ['Something that is no directory is in the way.', 'You may not write there.'],
          next: 'bridle up --data ANOTHER_DIRECTORY',
        }
      : code === 'ERR_INVALID_PARAMETERS' || code === 'BRIDLE_USAGE'
        ? { next: 'bridle up --help' }
        : {};
  return BridleError.of(code === 'ERR_INVALID_PARAMETERS' ? 'BRIDLE_USAGE' : code, {
    ...ofUp,
    operation: 'up',
    hint,
    values: { path: data, ...(metaPort === 0 ? {} : { port: String(metaPort) }) },
  });
}
