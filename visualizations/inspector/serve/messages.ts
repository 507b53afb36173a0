/** What travels over the inspector's WebSocket, as JSON text. */
import { z } from 'zod';
import type { HeaderLine } from '../../../runtime/observe/recording/lines.js';
import { CONTROL_COMMANDS } from '../inspected-run.js';

/** First of all, also after coming back: what the page had before is void. */
export interface HelloMessage {
  readonly type: 'hello';
  readonly header: HeaderLine;
  readonly live: boolean;
  /** Whether commands are taken. */
  readonly control: boolean;
  readonly faults: readonly string[];
  /** Path of the recording to compare with, of this server. */
  readonly compare: string | null;
}

/** `{ "type": "lines", "lines": [ … ] }`, made of lines that are text already. */
export function linesMessage(lines: readonly string[]): string {
  return `{"type":"lines","lines":[${lines.join(',')}]}`;
}

export interface AnswerMessage {
  readonly type: 'answer';
  readonly id: string | number;
  readonly ok: boolean;
  readonly text: string;
}

const words = z.string().max(256);

export const commandMessage = z.object({
  type: z.literal('command'),
  id: z.union([z.number(), z.string().max(64)]),
  command: z.enum(CONTROL_COMMANDS),
  args: z
    .record(words, words)
    .refine((args) => Object.keys(args).length <= 16)
    .default({}),
});
export type CommandMessage = z.infer<typeof commandMessage>;

/** Why a page is let go; the code of the WebSocket's close. */
export const CLOSE = {
  /** The server ends. */
  goingAway: 1001,
  /** Not a message of the inspector's page. */
  badMessage: 1008,
  /** It did not keep up; reloading begins anew. */
  tooSlow: 1013,
} as const;
