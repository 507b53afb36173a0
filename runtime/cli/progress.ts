/** Progress of long work on standard error: a bar in a terminal, a line now and then elsewhere. */
import { Presets, SingleBar } from 'cli-progress';

const LINE_PERIOD_MS = 2_000;

export interface ProgressReporter {
  /** `total` undefined: nobody knows yet, so there is no bar. */
  update(done: number, total: number | undefined, text: string): void;
  /** Call it in any case: a bar hides the cursor. */
  stop(): void;
}

/** With `quiet` nothing is shown. */
export function reportProgress(
  what: string,
  quiet = false,
  stderr: NodeJS.WriteStream = process.stderr,
): ProgressReporter {
  if (quiet) return { update: () => {}, stop: () => {} };
  return stderr.isTTY === true ? new Bar(what, stderr) : new Lines(what, stderr);
}

class Bar implements ProgressReporter {
  readonly #bar: SingleBar;
  #started = false;

  constructor(what: string, stream: NodeJS.WriteStream) {
    this.#bar = new SingleBar(
      {
        format: `${what} {bar} {percentage}% {text}`,
        stream,
        hideCursor: true,
        clearOnComplete: false,
        fps: 10,
      },
      Presets.shades_classic,
    );
  }

  update(done: number, total: number | undefined, text: string): void {
    if (!this.#started) this.#bar.start(total ?? 0, 0, { text });
    this.#started = true;
    if (total !== undefined) this.#bar.setTotal(total);
    this.#bar.update(total === undefined ? 0 : done, { text });
  }

  stop(): void {
    if (this.#started) this.#bar.stop();
  }
}

/** At most one line in two seconds, and none that says what the one before said. */
class Lines implements ProgressReporter {
  readonly #what: string;
  readonly #stream: NodeJS.WriteStream;
  #nextMs = performance.now() + LINE_PERIOD_MS;
  #last = '';

  constructor(what: string, stream: NodeJS.WriteStream) {
    this.#what = what;
    this.#stream = stream;
  }

  update(done: number, total: number | undefined, text: string): void {
    const nowMs = performance.now();
    if (nowMs < this.#nextMs) return;
    const share = total === undefined || total === 0 ? '' : ` ${Math.floor((100 * done) / total)}%`;
    const line = `${this.#what}${share} ${text}`;
    if (line === this.#last) return;
    this.#nextMs = nowMs + LINE_PERIOD_MS;
    this.#last = line;
    this.#stream.write(`${line}\n`);
  }

  stop(): void {}
}
