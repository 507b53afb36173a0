/** Recording of runs that are going on. */

export { type RecordRunOptions, RunRecording, recordRun } from './record-run.js';
export { RecordingFile, type RecordingFileOptions } from './recording-file.js';
export { type AnnouncedCluster, announceRun, findRuns, type RunAnnouncement } from './running.js';
