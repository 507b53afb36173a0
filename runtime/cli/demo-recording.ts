/** Records a demonstration into a file while it runs. What goes wrong with the file does not end the run. */
import { open } from 'node:fs/promises';
import { BridleError, type Cluster } from '../client/index.js';
import { RecordingFile, type RunRecording, recordRun } from '../live/recording/index.js';
import type { ChartLine } from '../observe/recording/lines.js';

export interface DemoRecordingOptions {
  readonly file: string;
  readonly title: string;
  readonly charts: readonly ChartLine[];
  readonly clusters: readonly Cluster[];
}

/** What is in the file in the end. */
export interface RecordedRun {
  readonly file: string;
  readonly lines: number;
  /** Why there is no more in it; null: it is complete. */
  readonly brokeOff: string | null;
}

export class DemoRecording {
  readonly #file: string;
  readonly #recording: RunRecording;
  readonly #writer: RecordingFile;

  private constructor(file: string, recording: RunRecording, writer: RecordingFile) {
    this.#file = file;
    this.#recording = recording;
    this.#writer = writer;
  }

  /** Says at once if the file cannot be made. @throws BridleError BRIDLE_USAGE */
  static async check(file: string): Promise<void> {
    await open(file, 'a').then(
      (handle) => handle.close(),
      (error: unknown) => {
        throw cannotWrite(file, error);
      },
    );
  }

  /** Resolves when every server records. @throws BridleError BRIDLE_USAGE */
  static async begin({ file, title, charts, clusters }: DemoRecordingOptions): Promise<DemoRecording> {
    // The file takes every line as it comes; nobody subscribes later.
    const recording = recordRun({ clusters, charts, title, keepLines: 1 });
    try {
      const writer = await RecordingFile.open({ file, header: recording.header, lines$: recording.texts$ });
      await recording.ready;
      return new DemoRecording(file, recording, writer);
    } catch (error) {
      await recording.stop();
      if (error instanceof BridleError) throw error;
      throw cannotWrite(file, error);
    }
  }

  note(text: string): void {
    this.#recording.note(text.trim());
  }

  /** @param address `host:port` of the server that it befalls */
  fault(what: string, address?: string): void {
    this.#recording.fault(what, address === undefined ? undefined : this.#recording.processAt(address));
  }

  async end(): Promise<RecordedRun> {
    await this.#recording.stop();
    await this.#writer.close();
    const { lines, error } = this.#writer;
    return { file: this.#file, lines, brokeOff: error === null ? null : error.message };
  }
}

function cannotWrite(file: string, error: unknown): BridleError {
  const hint = `cannot write ${file}: ${error instanceof Error ? error.message : String(error)}`;
  return BridleError.of('BRIDLE_USAGE', { operation: 'demo', hint, next: 'bridle demo --help' });
}
