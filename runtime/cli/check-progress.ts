/** How an exploration gets on, on standard error: one line rewritten in a terminal, else a line a second. */
import type { CheckProgress } from '../checker/product/index.js';
import { countInWords } from '../checker/product/render/index.js';

const LINE_PERIOD_MS = 1_000;

export interface CheckReporter {
  update(model: string, progress: CheckProgress): void;
  /** Leaves nothing of the line in a terminal. */
  clear(): void;
}

type Stream = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;

/** @param wanted default: in a terminal only */
export function checkReporter(
  wanted: boolean | undefined,
  stream: Stream = process.stderr,
  nowMs: () => number = () => performance.now(),
): CheckReporter {
  const terminal = stream.isTTY === true;
  if (!(wanted ?? terminal)) return { update: () => {}, clear: () => {} };
  let nextMs = Number.NEGATIVE_INFINITY;
  return {
    update(model, progress) {
      const line = progressInWords(model, progress);
      if (terminal) stream.write(`\r\u001b[2K${line.slice(0, (stream.columns ?? 80) - 1)}`);
      else if (nowMs() >= nextMs) {
        nextMs = nowMs() + LINE_PERIOD_MS;
        stream.write(`${line}\n`);
      }
    },
    clear() {
      if (terminal) stream.write('\r\u001b[2K');
    },
  };
}

/** @example // 'duplication: exploring, 120,000 states, 45,000 states/s, queue 3,000, depth 17' */
function progressInWords(model: string, progress: CheckProgress): string {
  const { phase, states, statesPerSecond, queue, depth } = progress;
  const counts = [
    `${countInWords(states)} states`,
    `${countInWords(statesPerSecond)} states/s`,
    `queue ${countInWords(queue)}`,
    `depth ${countInWords(depth)}`,
  ];
  return `${model}: ${phase}, ${counts.join(', ')}`;
}
