/**
 * A message on its way: who says what to whom, and when. Bodies are plain data and small; large data
 * never travels in an envelope.
 */
export interface Envelope<Body = unknown> {
  /** Unique within the sender, e.g. `duplication/7#12`. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** What the body is, for logs and filters: an effect's or an event's name. */
  readonly kind: string;
  readonly body: Body;
  /** Milliseconds since 1970 by the sender's clock. */
  readonly sentAt: number;
}
