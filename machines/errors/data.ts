/** Codes about checkpoints, logs, files and disks. */
import type { ErrorFacts, PegasusErrorName } from './entry.js';

export const DATA_ERRORS = {
  ERR_INVALID_DATA: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'The server cannot accept the content of the request.',
    consequence:
      'Nothing was written. If the follower rejects a shipped batch, log shipping of that partition stands still and the source keeps its log; sending the same batch again cannot succeed.',
    causes: [
      'A write is larger than the follower takes: its max_allowed_write_size is below that of the source.',
      'The configuration sent back for one partition named none or several.',
      'Bytes were damaged on the way.',
    ],
    next: 'bridle explain {table}',
  },
  ERR_PATH_NOT_FOUND: {
    kind: 'retryable',
    outcomeUnknown: false,
    what: 'The path is not there; when a checkpoint was asked for, there is none yet.',
    consequence: 'The copy of that partition starts once the source has made a checkpoint. Nothing is lost.',
    causes: [
      'The checkpoint of a new or nearly empty partition is not durable yet.',
      'The file was collected between listing and reading.',
      'The path given on the command line is wrong.',
    ],
    next: 'bridle status {table}',
  },
  ERR_GET_LEARN_STATE_FAILED: {
    kind: 'retryable',
    outcomeUnknown: false,
    what: 'The source could not list the files of its checkpoint with their sizes and checksums.',
    consequence: 'The follower has no list to copy from and asks again. The source table is not affected.',
    causes: [
      'The checkpoint was replaced by a newer one while it was being listed.',
      'A file of it cannot be read on the disk of the source.',
    ],
    next: 'bridle explain {table}',
  },
  ERR_LEARN_FILE_FAILED: {
    kind: 'retryable',
    outcomeUnknown: false,
    what: 'A copy could not take over the files of the replica it learns from.',
    consequence: 'That copy is not used; learning starts anew.',
    causes: ['The connection broke during the copy.', 'The disk of the learner is full or slow.'],
    next: 'bridle status {table}',
  },
  ERR_FILE_OPERATION_FAILED: {
    kind: 'retryable',
    outcomeUnknown: false,
    what: 'A file or directory could not be opened, written, renamed or cleared.',
    consequence:
      'A half-copied checkpoint is never opened; the partition is copied again. If it keeps failing, look at the disk and the permissions.',
    causes: [
      'A checkpoint file was collected by the source while it was being copied.',
      'The process may not write there.',
      'The disk is full or failing.',
    ],
    next: 'bridle explain {table}',
  },
  ERR_CHECKPOINT_FAILED: {
    kind: 'retryable',
    outcomeUnknown: false,
    what: 'A source partition could not make its checkpoint.',
    consequence:
      'The duplication stays in DS_PREPARE until every partition has one; the next round asks for it again. Reads and writes of the source go on.',
    causes: [
      'The disk of the source server is full or slow.',
      'The partition was closed or moved meanwhile.',
      'The storage engine is busy with its own flush.',
    ],
    next: 'bridle explain {table}',
  },
  ERR_WRONG_TIMING: {
    kind: 'retryable',
    outcomeUnknown: false,
    what: 'The request came at a moment when it cannot be done, mostly while a checkpoint is running.',
    consequence: 'Nothing was done by this request. Ask again when the running one has ended.',
    causes: ['Another checkpoint of the same partition is being made.'],
    next: 'bridle status {table}',
  },
  ERR_LOCAL_APP_FAILURE: {
    kind: 'retryable',
    outcomeUnknown: true,
    what: 'The storage engine of a partition failed or is closed.',
    consequence:
      'The partition is opened again or moves to another server; then the request is repeated. A write that met it may be in the log all the same.',
    causes: [
      'The partition is being closed or moved.',
      'The engine reported an error; the log of that server names it.',
    ],
    next: 'bridle explain {table}',
  },
  ERR_WRONG_CHECKSUM: {
    kind: 'retryable',
    outcomeUnknown: false,
    what: 'What arrived does not match the checksum that was announced for it.',
    consequence:
      'It is thrown away and fetched again, and nothing wrong is installed. If the same file fails every time, the copy on the source is damaged.',
    causes: [
      'Bytes were damaged or cut off on the way.',
      'The file changed on the source between listing and reading.',
      'The disk of the source returns wrong data.',
    ],
    next: 'bridle explain {table}',
  },
  ERR_CORRUPTION: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'Stored data is damaged.',
    consequence:
      'It is not copied further. Reading it again will not mend it: let the partition be restored from a healthy copy, then copy again.',
    causes: ['A failing disk.', 'A crash in the middle of a write without protection against power loss.'],
    next: 'bridle explain {table}',
  },
  ERR_RDB_CORRUPTION: {
    kind: 'operator',
    outcomeUnknown: true,
    what: 'The storage engine found damage in its own files.',
    consequence:
      'A Pegasus server takes that copy out of use and learns a new one from another server; with a single copy there is none to learn from. A write under way may be in the log all the same.',
    causes: ['A failing disk.', 'Files changed by hand.'],
    next: 'bridle explain {table}',
  },
  ERR_INCOMPLETE_DATA: {
    kind: 'retryable',
    outcomeUnknown: false,
    what: 'A record ends before it is complete.',
    consequence:
      'At the end of a log that is being written this is normal: the rest is read when it is there.',
    causes: ['The writer has not finished.', 'The process ended in the middle of a write.'],
    next: 'bridle status {table}',
  },
  ERR_HANDLE_EOF: {
    kind: 'retryable',
    outcomeUnknown: false,
    what: 'The end of a file was reached.',
    consequence: 'All that was written so far has been read; look again when more has been written.',
    causes: ['Reading has caught up with writing.'],
    next: 'bridle status {table}',
  },
  ERR_DISK_INSUFFICIENT: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'The disk of the server has too little free space.',
    consequence:
      'Writes or the copy are refused before the disk is full. A duplication that is paused or behind also keeps logs on the source; make room, then retry.',
    causes: [
      'The follower has less room than a full copy needs.',
      'Logs pile up on the source because the follower has not confirmed them.',
      'Another program fills the disk.',
    ],
    next: 'bridle retry {table}',
  },
  ERR_DISK_IO_ERROR: {
    kind: 'operator',
    outcomeUnknown: true,
    what: 'The operating system reports an error reading or writing the disk.',
    consequence:
      'Nothing confirmed is given up, but a write under way may be there or not. Move the data off that disk or replace it, then retry.',
    causes: ['The disk is failing.', 'The file system has turned read-only.'],
    next: 'bridle retry {table}',
  },
} satisfies Partial<Record<PegasusErrorName, ErrorFacts>>;
