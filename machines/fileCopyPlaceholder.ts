/**
 * Stands in for the actor that copies one file, so that the chart can name it. A host provides the real
 * one (an observable of {@link FileCopyReport}); without a host the copy is started and stays silent,
 * which is what an explorer wants: it decides itself what the copy reports, and when.
 */
import { fromEventObservable } from 'xstate';
import type { FileCopyInput, FileCopyReport } from './checkpointTransfer.js';

export const fileCopyPlaceholder = fromEventObservable<FileCopyReport, FileCopyInput>(() => ({
  subscribe: () => ({ unsubscribe: () => {} }),
}));
