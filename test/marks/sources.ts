/** Marks, as the source has them: what a server can log, and which errors of the catalogue our code can produce. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { CATALOGUE as ERRORS } from '../../machines/errors.js';

export const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));

export interface Mark {
  readonly kind: 'log' | 'error';
  /** The message, or the code. */
  readonly text: string;
  /** A file that can produce it. */
  readonly file: string;
}

const LEVELS = new Set(['info', 'warn', 'error']);
/** Where errors are produced; the catalogue only describes them. */
const PRODUCERS = ['runtime/cluster', 'runtime/store', 'runtime/pegasus', 'machines', 'actors'];
const DESCRIBED = /^machines\/errors/;

/** By kind, then by text. */
export function gatherMarks(): Mark[] {
  const marks = new Map<string, Mark>();
  const note = (mark: Mark) => {
    const key = `${mark.kind} ${mark.text}`;
    if (!marks.has(key)) marks.set(key, mark);
  };
  for (const file of PRODUCERS.flatMap((directory) => filesBelow(directory))) {
    if (DESCRIBED.test(file)) continue;
    const text = readFileSync(join(REPOSITORY, file), 'utf8');
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
    const visit = (node: ts.Node): void => {
      for (const message of messagesOf(node)) note({ kind: 'log', text: message, file });
      if (ts.isStringLiteral(node) && Object.hasOwn(ERRORS, node.text))
        note({ kind: 'error', text: node.text, file });
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return [...marks.values()].sort((a, b) => (`${a.kind} ${a.text}` < `${b.kind} ${b.text}` ? -1 : 1));
}

/** Of a call such as `log.warn('…')` or `this.#node.log.info(why ? '…' : '…')`. */
function messagesOf(node: ts.Node): string[] {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return [];
  const { name, expression } = node.expression;
  if (!LEVELS.has(name.text) || !/(^|\.)#?log$/.test(expression.getText())) return [];
  const [message] = node.arguments;
  return message === undefined ? [] : textsOf(message);
}

function textsOf(node: ts.Expression): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  return ts.isConditionalExpression(node) ? [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)] : [];
}

/** TypeScript files, in order, relative to the repository. */
export function filesBelow(directory: string, ending = '.ts'): string[] {
  return readdirSync(join(REPOSITORY, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(REPOSITORY, join(entry.parentPath, entry.name)))
    .sort();
}
