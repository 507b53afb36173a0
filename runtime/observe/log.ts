/** Structured logs, one JSON object per line; levels as operators expect them. */
import { pino } from 'pino';

export interface ServerLog {
  info(message: string, facts?: object): void;
  warn(message: string, facts?: object): void;
  error(message: string, facts?: object): void;
}

/** Writes to standard output, synchronously, so that the last line before a crash is there. */
export function jsonLog(base: Readonly<Record<string, unknown>>): ServerLog {
  const logger = pino(
    { base, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 1, sync: true }),
  );
  return {
    info: (message, facts = {}) => logger.info(facts, message),
    warn: (message, facts = {}) => logger.warn(facts, message),
    error: (message, facts = {}) => logger.error(facts, message),
  };
}

export const silentLog: ServerLog = { info: () => {}, warn: () => {}, error: () => {} };
