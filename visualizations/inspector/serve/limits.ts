/** Every bound of the inspector's server, in one place. */

export interface ServerLimits {
  /** For a request to arrive in full; one that dribbles in would hold its connection. */
  readonly requestMs: number;
  /** Pages that watch at a time. */
  readonly clients: number;
  /** Of a message that a page sends. */
  readonly messageBytes: number;
  /** Of one batch of lines to a page; a longer line travels alone. */
  readonly batchBytes: number;
  /** Batches on their way to a page whose sending has not ended. */
  readonly batchesUnderWay: number;
  /** Lines of a live run that are kept for pages that come later; older ones are folded into a state. */
  readonly backlogLines: number;
  readonly backlogBytes: number;
  /** Commands of one page that wait or are being carried out. */
  readonly commandsUnderWay: number;
  readonly commandMs: number;
  /** Between two batches while a run goes on. */
  readonly batchMs: number;
  /** Between two pings; a page that has not answered the one before is let go. */
  readonly heartbeatMs: number;
  /** For pages to say good-bye when the server ends. */
  readonly closeMs: number;
}

export const DEFAULT_LIMITS: ServerLimits = {
  requestMs: 10_000,
  clients: 16,
  messageBytes: 16 * 1024,
  batchBytes: 256 * 1024,
  batchesUnderWay: 4,
  backlogLines: 200_000,
  backlogBytes: 128 * 1024 * 1024,
  commandsUnderWay: 4,
  commandMs: 30_000,
  batchMs: 50,
  heartbeatMs: 15_000,
  closeMs: 1_000,
};

/** Shorter tokens can be guessed. */
export const MIN_TOKEN_LENGTH = 16;
