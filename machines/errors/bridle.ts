/** Codes Bridle itself gives, and two that clients of Pegasus give; no Pegasus server sends them. */
import type { ErrorFacts } from './entry.js';

/** Ours, and the names that Pegasus' clients give to what ends on their own side. */
type OwnCode = `BRIDLE_${string}` | 'ERR_THREAD_INTERRUPTED' | 'ERR_SESSION_RESET';

export const BRIDLE_ERRORS = {
  ERR_THREAD_INTERRUPTED: {
    kind: 'terminal',
    outcomeUnknown: true,
    what: 'The caller canceled the request before an answer came.',
    consequence: 'It may have been carried out all the same. What runs on the clusters goes on.',
    causes: [
      'Ctrl-C was pressed.',
      'The program that called aborted its signal, or its own deadline passed.',
    ],
    next: 'bridle status {table}',
  },
  ERR_SESSION_RESET: {
    kind: 'terminal',
    outcomeUnknown: true,
    what: 'The connection was closed by this program while an answer was due.',
    consequence: 'The request may have been carried out. What runs on the clusters goes on.',
    causes: ['The program closed the cluster or ended before the answer came.'],
    next: 'bridle status {table}',
  },
  BRIDLE_CANNOT_CUT_OVER: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'Clients cannot be moved to the follower table now.',
    consequence: 'The source takes writes as before and the duplication goes on; the hint names the reasons.',
    causes: [
      'The follower is too far behind, or the duplication is not in DS_LOG.',
      'Mutations were skipped because the log was damaged, so the copy is not complete.',
      'Somebody else has closed the source table to writes.',
      'A partition of the follower table has no primary.',
    ],
    next: 'bridle status {table}',
  },
  BRIDLE_FENCED: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'The table is closed to writes by somebody else.',
    consequence: 'Nothing was changed. Reads are served; writes are refused until it is opened again.',
    causes: [
      'A migration of this table is under way, or its process died: resume or undo it with its journal.',
      'Somebody has set the table environment replica.deny_client_request by hand.',
    ],
    next: 'bridle status {table}',
  },
  BRIDLE_DECIDED: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'The migration has passed the point of no return and cannot be undone.',
    consequence: 'Clients may be writing at the follower already. It can only be carried on to its end.',
    causes: ['The journal says that the hand-over was decided.'],
    next: 'bridle migrate --resume {journal}',
  },
  BRIDLE_NEEDS_PERMISSION: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'A duplication can be helped by taking something away, and nobody has allowed it.',
    consequence: 'Nothing was removed or dropped. The hint names what stands in the way.',
    causes: [
      'The follower table was made by this duplication, its answer was lost, and the source cannot take it up.',
      'An earlier duplication of this table has left its copy behind.',
      'The copy is not complete and cannot become so any more.',
    ],
    next: 'bridle supervise {table} --to {cluster} --heal {heal}',
  },
  BRIDLE_PAUSED: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'The duplication is paused, and whoever supervises it has not paused it.',
    consequence: 'Nothing is shipped until somebody starts it; the source keeps its log. It was left alone.',
    causes: ['An operator has paused it, and has not started it again.'],
    next: 'bridle start {table}',
  },
  BRIDLE_DUPLICATION_GONE: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'The duplication that was supervised has been removed by somebody else.',
    consequence:
      'It was not added again behind their back. A follower table that it has filled may still be there.',
    causes: [
      'An operator has removed it.',
      'The source lost it with a restart of its meta server, a known defect of Apache Pegasus.',
    ],
    next: 'bridle duplicate {table} --to {cluster}',
  },
  BRIDLE_FOREIGN_TABLE: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'The table on the follower cluster belongs to another owner.',
    consequence:
      'It was neither touched nor adopted. Look at it; then drop it there if nobody needs it, or duplicate into another name with --remote-table.',
    causes: [
      'An earlier duplication left its follower table behind.',
      'Somebody created a table of that name for another purpose.',
      'A duplication from another cluster or table copies into it.',
    ],
    next: 'bridle table list --meta {peer}',
  },
  BRIDLE_GAP: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'The source no longer has the part of the log that the follower needs next.',
    consequence:
      'Shipping on would leave a hole, so it stops. Only a new full copy closes it: remove the duplication together with its follower table, then run bridle duplicate again. The source is intact.',
    causes: [
      'The follower was away so long that the log was collected.',
      'The log was collected by a server that did not know of the duplication.',
      'Log files were deleted by hand.',
    ],
    next: 'bridle remove {table} --follower drop',
  },
  BRIDLE_SOURCE_BEHIND: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'The follower has applied more than the log of the source holds.',
    consequence:
      'The source partition has lost writes that the follower still has. Nothing is shipped, because new writes would be taken for those that are lost. Keep the follower table until you know which rows are missing at the source; then duplicate anew.',
    causes: [
      'The partition was put back from an older copy or backup.',
      'The disk of the source server lost writes that it had acknowledged.',
    ],
    next: 'bridle verify {table}',
  },
  BRIDLE_PREFLIGHT: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'The duplication would not work as things are, so it was not added.',
    consequence: 'Nothing was created at either cluster. The detail names what stands in the way.',
    causes: [
      'A way between servers of the two clusters is shut, often from the follower back to the source.',
      'A table of somebody else is in the way at the follower.',
      'A server, a partition or a disk is not fit for it.',
    ],
    next: 'bridle preflight {table} --to {cluster}',
  },
  BRIDLE_NO_PROGRESS: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'The duplication has not moved for longer than its present status may take.',
    consequence:
      'It is reported as blocked. Data is safe, and the source keeps the log, which takes disk space. As soon as it moves again the report is withdrawn.',
    causes: [
      'Follower servers cannot reach the source, though the source reaches them.',
      'The same error keeps coming back; see its count.',
      'A server is up but hangs.',
    ],
    next: 'bridle explain {table}',
  },
  BRIDLE_BAD_INPUT: {
    kind: 'terminal',
    outcomeUnknown: false,
    what: 'A line of the file is not a valid row; the message gives its number.',
    consequence:
      'Nothing was written: every line is checked before the first one is stored. Mend the line and load again.',
    causes: [
      'A quote is not closed or a column is missing in the CSV.',
      'A line of the JSONL is not one complete JSON object with the expected fields.',
      'The file is not encoded in UTF-8.',
    ],
    next: 'bridle load {table} {path}',
  },
  BRIDLE_BAD_NAME: {
    kind: 'terminal',
    outcomeUnknown: false,
    what: 'The name of a table or a cluster is empty, too long or has characters that are not allowed.',
    consequence: 'Nothing was sent to any server. Choose another name.',
    causes: ['A blank, a slash or other punctuation in the name.', 'Two arguments were swapped.'],
    next: 'bridle table create NAME --partitions N',
  },
  BRIDLE_VALUE_TOO_LARGE: {
    kind: 'terminal',
    outcomeUnknown: false,
    what: 'A row is larger than a server takes in one write.',
    consequence:
      'That row was not written. Split it or raise the limit, on the follower first and then the source.',
    causes: [
      'The value holds a file or an image.',
      'The limit of this cluster is lower than that of another.',
    ],
    next: 'bridle load {table} {path}',
  },
  BRIDLE_ROWS_DIFFER: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'Rows were found that are not the same on source and follower.',
    consequence:
      'Do not switch over yet. Verify again when status shows no lag: what is gone then was on its way. Differences that stay need a new full copy.',
    causes: [
      'Writes were under way during the comparison.',
      'Somebody writes to the follower table directly.',
      'Mutations were skipped by fail mode skip.',
      'Rows expire at different moments on the two clusters.',
    ],
    next: 'bridle verify {table}',
  },
  BRIDLE_BAD_RESUME: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'The file does not say where a comparison of these tables stopped.',
    consequence: 'Nothing was compared, and the file was left as it is. Delete it to begin anew.',
    causes: [
      'A table was dropped and made anew, or the duplication was, since the comparison stopped.',
      'The file belongs to a comparison of other tables.',
      'The file was damaged, or is something else.',
    ],
    next: 'bridle verify {table}',
  },
  BRIDLE_LOG_DAMAGED: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'A part of the source log cannot be read.',
    consequence:
      'Shipping of that partition stands still. Fail mode skip jumps over the damage and loses those mutations on the follower for good; a new full copy loses nothing, because the source table still has the rows.',
    causes: ['A failing disk on the source server.', 'The server lost power in the middle of a write.'],
    next: 'bridle remove {table} --follower drop',
  },
  BRIDLE_SERVER_DIED: {
    kind: 'retryable',
    outcomeUnknown: true,
    what: 'A server process of an embedded cluster ended unexpectedly.',
    consequence:
      'What it had confirmed is on its disk and is read back at the restart. A request under way then may have been carried out.',
    causes: [
      'It was killed, by hand or because memory ran out.',
      'Its data directory cannot be written any more.',
      'A defect; its last log lines name it.',
    ],
    next: 'bridle status {table}',
  },
  BRIDLE_NOT_RUNNING: {
    kind: 'terminal',
    outcomeUnknown: false,
    what: 'No cluster listens at that address.',
    consequence: 'Nothing was done. Start a cluster there or give another --meta address.',
    causes: ['The cluster has not been started, or was stopped.', 'The address or port is wrong.'],
    next: 'bridle up --meta-port {port} --replicas N --data {path}',
  },
  BRIDLE_USAGE: {
    kind: 'terminal',
    outcomeUnknown: false,
    what: 'The command line is not complete, or something in it is not known or not legal.',
    consequence: 'Nothing was done.',
    causes: [
      'An argument is missing, or its value is not legal.',
      'An option is misspelt or belongs to another command.',
      'A file that is named is not there, or does not hold what it should.',
    ],
    next: 'bridle --help',
  },
  BRIDLE_CLUSTER_ID_CLASH: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'Source and target cluster have the same cluster id.',
    consequence:
      'Nothing was started. The id tells where a write came from and decides between two writes of one row, so each cluster needs its own.',
    causes: [
      'Both addresses lead to the same cluster.',
      'The configuration or data directory of one was copied from the other.',
    ],
    next: 'bridle duplicate {table} --to CLUSTER',
  },
} satisfies Record<OwnCode, ErrorFacts>;
