/** Structured logs, one JSON object per line; levels as operators expect them. */
import { pino } from 'pino';

/** `error`: somebody has to act. `warn`: it is tried again. `info`: what happens anyway. `debug`: every step. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface ServerLog {
  /** Left out where nobody wants to know. */
  debug?(message: string, facts?: object): void;
  info(message: string, facts?: object): void;
  warn(message: string, facts?: object): void;
  error(message: string, facts?: object): void;
}

/** Facts are chosen one by one, and none of them is a secret; should one ever be, it stays here. */
const SECRETS = ['token', 'secret', 'password', 'authorization'];
const REDACTED = SECRETS.flatMap((name) => [name, `*.${name}`]);

/** Writes to standard output, synchronously, so that the last line before a crash is there. */
export function jsonLog(base: Readonly<Record<string, unknown>>, level: LogLevel = 'info'): ServerLog {
  const logger = pino(
    { base, level, timestamp: pino.stdTimeFunctions.isoTime, redact: REDACTED },
    pino.destination({ dest: 1, sync: true }),
  );
  return {
    ...(level === 'debug'
      ? { debug: (message: string, facts: object = {}) => logger.debug(facts, message) }
      : {}),
    info: (message, facts = {}) => logger.info(facts, message),
    warn: (message, facts = {}) => logger.warn(facts, message),
    error: (message, facts = {}) => logger.error(facts, message),
  };
}

export const silentLog: ServerLog = { info: () => {}, warn: () => {}, error: () => {} };
