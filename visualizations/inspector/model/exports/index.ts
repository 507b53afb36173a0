/** What a recording, or a part of it, can be made into. */
import type { RecordingIndex } from '../recording-index.js';
import type { ActorKey } from '../types.js';
import { exportJsonLines } from './json-lines.js';
import { exportMermaid } from './mermaid.js';
import { exportPerfetto } from './perfetto.js';
import { ExportError, type Selection } from './selection.js';
import { exportText } from './text.js';
import { exportVitestCase } from './vitest-case.js';

export { exportJsonLines, partOf } from './json-lines.js';
export { exportMermaid, type MermaidOptions } from './mermaid.js';
export { exportPerfetto, type TraceEvent, traceEvents } from './perfetto.js';
export { ExportError, type Selection } from './selection.js';
export { exportText } from './text.js';
export { exportVitestCase, type VitestOptions } from './vitest-case.js';

export interface ExportRequest extends Selection {
  /** Whose test it is; only `vitest` needs it. */
  readonly actor?: ActorKey | null;
}

export interface ExportFormat {
  readonly label: string;
  /** Of the file, with its dot. */
  readonly extension: string;
  readonly mime: string;
  /** Whether the filter has a say in what is exported. */
  readonly filtered: boolean;
  /** @throws ExportError saying what to do instead */
  readonly make: (index: RecordingIndex, request: ExportRequest) => string;
}

export type ExportName = 'jsonl' | 'mermaid' | 'perfetto' | 'vitest' | 'text';

/** @example EXPORTS.mermaid.make(index, { from: 100, to: 200 }) */
export const EXPORTS: Readonly<Record<ExportName, ExportFormat>> = {
  jsonl: {
    label: 'Recording (JSON Lines)',
    extension: '.jsonl',
    mime: 'application/jsonl',
    filtered: false,
    make: exportJsonLines,
  },
  mermaid: {
    label: 'Sequence diagram (Mermaid)',
    extension: '.mmd',
    mime: 'text/vnd.mermaid',
    filtered: true,
    make: exportMermaid,
  },
  perfetto: {
    label: 'Trace (Perfetto, chrome://tracing)',
    extension: '.trace.json',
    mime: 'application/json',
    filtered: true,
    make: exportPerfetto,
  },
  vitest: {
    label: 'Test of one actor (vitest)',
    extension: '.test.ts',
    mime: 'text/typescript',
    filtered: false,
    make: (index, request) => {
      const { actor } = request;
      if (actor === null || actor === undefined) {
        throw new ExportError('A test is about one actor. Choose one first.');
      }
      return exportVitestCase(index, { ...request, actor });
    },
  },
  text: { label: 'Text', extension: '.txt', mime: 'text/plain', filtered: true, make: exportText },
};
