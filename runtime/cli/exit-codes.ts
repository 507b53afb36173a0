/** What the exit code tells a script. */
import type { BridleError } from '../client/index.js';

export const EXIT = {
  ok: 0,
  /** Refused, blocked, or rows differ. */
  failed: 1,
  usage: 2,
  notReachable: 3,
  needsOperator: 4,
  interrupted: 130,
} as const;

export const EXIT_CODES_HELP = `
Exit codes:
  0    done
  1    failed, blocked, or rows differ
  2    the command line or a value in it is not legal
  3    the cluster was not reached
  4    somebody has to change something first
  130  interrupted`;

const USAGE: ReadonlySet<string> = new Set(['BRIDLE_USAGE', 'BRIDLE_BAD_NAME', 'ERR_INVALID_PARAMETERS']);
const NOT_REACHABLE: ReadonlySet<string> = new Set([
  'BRIDLE_NOT_RUNNING',
  'ERR_TIMEOUT',
  'ERR_NETWORK_FAILURE',
  'ERR_SESSION_RESET',
  'ERR_FORWARD_TO_OTHERS',
  'ERR_SERVICE_NOT_ACTIVE',
]);
/** Their kind says operator, yet the command did its work and the answer is no. */
const FAILED: ReadonlySet<string> = new Set(['BRIDLE_ROWS_DIFFER', 'BRIDLE_NO_PROGRESS']);

/** @example exitCodeOf(BridleError.of('BRIDLE_NOT_RUNNING')) // 3 */
export function exitCodeOf({ code, kind }: BridleError): number {
  if (code === 'ERR_THREAD_INTERRUPTED') return EXIT.interrupted;
  if (USAGE.has(code)) return EXIT.usage;
  if (NOT_REACHABLE.has(code)) return EXIT.notReachable;
  return kind === 'operator' && !FAILED.has(code) ? EXIT.needsOperator : EXIT.failed;
}
