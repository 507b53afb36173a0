/**
 * The error catalogue: for each code what happened, what it means, what probably caused it and the
 * next command to type. Callers branch on the kind found here, so one name has one treatment.
 */
import { BRIDLE_ERRORS } from './errors/bridle.js';
import { DATA_ERRORS } from './errors/data.js';
import { ELSEWHERE_ERRORS } from './errors/elsewhere.js';
import {
  type CatalogueEntry,
  type ErrorFacts,
  type ErrorKind,
  PEGASUS_ERROR_NAMES,
  type PegasusErrorName,
} from './errors/entry.js';
import { MOVE_ERRORS } from './errors/moves.js';
import { REQUEST_ERRORS } from './errors/requests.js';
import { TABLE_ERRORS } from './errors/tables.js';
import { TLS_ERRORS } from './errors/tls.js';

export { type CatalogueEntry, type ErrorKind, PEGASUS_ERROR_NAMES } from './errors/entry.js';

/** A name of Pegasus without an entry does not compile. */
const PEGASUS_ERRORS: Readonly<Record<PegasusErrorName, ErrorFacts>> = {
  ...REQUEST_ERRORS,
  ...TABLE_ERRORS,
  ...DATA_ERRORS,
  ...ELSEWHERE_ERRORS,
};

/** Every entry by code: Pegasus' names in registration order, then Bridle's own. */
export const CATALOGUE: Readonly<Record<string, CatalogueEntry>> = Object.freeze({
  ...Object.fromEntries(PEGASUS_ERROR_NAMES.map((code) => [code, { code, ...PEGASUS_ERRORS[code] }])),
  ...Object.fromEntries(
    Object.entries({ ...BRIDLE_ERRORS, ...MOVE_ERRORS, ...TLS_ERRORS }).map(([code, facts]) => [
      code,
      { code, ...facts },
    ]),
  ),
});

/**
 * The entry of a code. A name nobody knows (a newer server) gets the facts of `ERR_UNKNOWN` and keeps
 * its own code, so it can still be reported. Never throws.
 */
export function describeError(code: string): CatalogueEntry {
  const known = Object.hasOwn(CATALOGUE, code) ? CATALOGUE[code] : undefined;
  return known ?? { ...PEGASUS_ERRORS.ERR_UNKNOWN, code };
}

/**
 * What a caller does about a code.
 * @example errorKind('ERR_TIMEOUT') // 'retryable'
 */
export function errorKind(code: string): ErrorKind {
  return describeError(code).kind;
}

/** What a `next` command may leave open. */
type CommandValues = Partial<
  Record<
    'table' | 'remoteTable' | 'peer' | 'operation' | 'dupid' | 'port' | 'path' | 'cluster' | 'heal',
    string
  >
>;

/**
 * The next command to type for a code, ready for a shell; what is not known becomes its name in
 * capitals. A command without `--meta` goes to the cluster that the failed command was given.
 * @example nextCommand('ERR_TIMEOUT', { table: 'users' }) // 'bridle explain users'
 * @example nextCommand('ERR_TIMEOUT', {}) // 'bridle explain TABLE'
 */
export function nextCommand(code: string, values: CommandValues): string {
  const given = new Map(Object.entries(values));
  return describeError(code).next.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = given.get(name);
    return value ? shellWord(value) : name.toUpperCase();
  });
}

/** Names can come from another cluster: whatever a shell would not take literally is quoted. */
export function shellWord(value: string): string {
  return /^[\w.:@/,+=-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}

const KIND_IN_WORDS: Readonly<Record<ErrorKind, string>> = {
  success: 'go on, the wanted state is there',
  retryable: 'asked again after a wait, with a limit; where the outcome is unknown, looked up first',
  operator: 'waiting alone does not help, somebody has to change something',
  terminal: 'can never succeed as it was asked',
};

const SECTIONS: readonly (readonly [title: string, codes: readonly string[]])[] = [
  ['Reaching a server', Object.keys(REQUEST_ERRORS)],
  ['Tables and duplications', Object.keys(TABLE_ERRORS)],
  ['Checkpoints, logs and disks', Object.keys(DATA_ERRORS)],
  ["Bridle's own", Object.keys(BRIDLE_ERRORS)],
  ['Moving partitions', Object.keys(MOVE_ERRORS)],
  ['TLS', Object.keys(TLS_ERRORS)],
  ['Not met in a duplication', Object.keys(ELSEWHERE_ERRORS)],
];

/** The whole catalogue as markdown; `docs/errors.md` is this text, and a test keeps it so. */
export function renderErrorDocs(): string {
  const kinds = Object.entries(KIND_IN_WORDS).map(([kind, words]) => `- **${kind}**: ${words}.`);
  const sections = SECTIONS.map(([title, codes]) =>
    [`## ${title}`, ...codes.map((code) => renderEntry(describeError(code)))].join('\n\n'),
  );
  return `${[
    '<!-- Generated from machines/errors.ts. Write it anew with: UPDATE_DOCS=1 npx vitest run test/machines/errors.test.ts -->',
    '# Errors',
    'Every code a Pegasus server can send and every code of Bridle itself. The kind decides what happens next, wherever the code turns up:',
    kinds.join('\n'),
    'Words in capitals are yours to fill in. A command without `--meta HOST:PORT` goes to the cluster that the failed command was given.',
    ...sections,
  ].join('\n\n')}\n`;
}

function renderEntry(entry: CatalogueEntry): string {
  const outcome = entry.outcomeUnknown ? ' · outcome unknown' : '';
  return [
    `### ${entry.code}\n\n*${entry.kind}${outcome}*`,
    `${entry.what} ${entry.consequence}`,
    `Likely causes:\n\n${entry.causes.map((cause, at) => `${at + 1}. ${cause}`).join('\n')}`,
    `Next: \`${nextCommand(entry.code, {})}\``,
  ].join('\n\n');
}
