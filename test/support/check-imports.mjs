#!/usr/bin/env node
/**
 * Holds the direction of dependencies: machines ← actors ← runtime ← visualizations ← command line, tests, examples.
 * Prints `file:line: what is wrong` for each violation and exits with 1; silent success exits with 0.
 *
 *   node test/support/check-imports.mjs [root]
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, extname, join, relative, resolve, sep } from 'node:path';
import process from 'node:process';

const FOLDERS = ['machines', 'actors', 'runtime', 'visualizations', 'test', 'bench', 'examples'];
const SOURCES = new Set(['.ts', '.tsx', '.mts', '.js', '.mjs']);
const BUILTINS = new Set(builtinModules);

/** What `machines/` may not name: whatever would make a chart depend on more than its events. */
const IMPURE = [
  [/\bDate\b/, 'Date'],
  [/\bMath\s*\.\s*random\b/, 'Math.random'],
  [/\b(?:setTimeout|setInterval|setImmediate|queueMicrotask)\b/, 'a timer'],
  [/\bprocess\s*[.[]/, 'process'],
  [/\bperformance\s*\./, 'performance'],
  [/\bcrypto\s*\./, 'crypto'],
  [/['"]node:/, 'node:'],
];

const MAY_IMPORT_RUNTIME = new Set(['runtime', 'visualizations', 'test', 'bench', 'examples']);
/** Other parts that know xstate: they host charts, interpret them, or show them. */
const MAY_RUN_CHARTS = [
  'runtime/live/',
  'runtime/checker/',
  'visualizations/diagrams/',
  'visualizations/inspector/',
  'visualizations/adapters/',
  // With an xstate of its own.
  'visualizations/xstate-inspect-bridge/',
];
const isBuiltin = (name) => name.startsWith('node:') || BUILTINS.has(name);
const packageOf = (name) =>
  name.startsWith('@') ? name.split('/').slice(0, 2).join('/') : name.split('/')[0];

function* filesIn(folder) {
  let entries;
  try {
    entries = readdirSync(folder);
  } catch {
    return;
  }
  for (const entry of entries.sort()) {
    if (entry === 'node_modules' || entry === 'dist' || entry === 'fixtures') continue;
    const path = join(folder, entry);
    if (statSync(path).isDirectory()) yield* filesIn(path);
    else if (SOURCES.has(extname(entry))) yield path;
  }
}

/** Replaces comments by spaces, so that lines and columns stay where they were. */
function withoutComments(text) {
  const blank = (match) => match.replace(/[^\n]/g, ' ');
  return text.replace(
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|(\/\*[\s\S]*?\*\/|\/\/[^\n]*)/g,
    (match, literal) => literal ?? blank(match),
  );
}

/** Blanks the inside of strings too, for words that are harmless in a text. */
function withoutStrings(text) {
  return text.replace(
    /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g,
    (match) => match[0] + match.slice(1, -1).replace(/[^\n]/g, ' ') + match[0],
  );
}

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)(['"])([^'"\n]+)\1/g;

export function violationsIn(root) {
  const found = [];
  for (const folder of FOLDERS) {
    for (const file of filesIn(join(root, folder))) {
      const path = relative(root, file).split(sep).join('/');
      const text = withoutComments(readFileSync(file, 'utf8'));
      const report = (index, what) =>
        found.push(`${path}:${text.slice(0, index).split('\n').length}: ${what}`);
      for (const match of text.matchAll(IMPORT)) {
        const what = wrongImport(root, folder, path, file, match[2]);
        if (what !== null) report(match.index, what);
      }
      if (folder === 'machines') {
        const code = withoutStrings(text);
        for (const [pattern, name] of IMPURE) {
          const source = name === 'node:' ? text : code;
          for (const match of source.matchAll(new RegExp(pattern, 'g'))) {
            report(match.index, `machines/ is pure and may not use ${name}`);
          }
        }
      }
    }
  }
  return found;
}

function wrongImport(root, folder, path, file, name) {
  const inside = name.startsWith('.');
  const target = inside
    ? relative(root, resolve(dirname(file), name))
        .split(sep)
        .join('/')
        .split('/')[0]
    : null;
  if (name === 'xstate' || name.startsWith('xstate/')) {
    const allowed =
      folder === 'machines' ||
      folder === 'actors' ||
      folder === 'test' ||
      folder === 'bench' ||
      folder === 'examples' ||
      MAY_RUN_CHARTS.some((place) => path.startsWith(place));
    return allowed
      ? null
      : `xstate is known only to machines/, actors/, test/, bench/, examples/, ${MAY_RUN_CHARTS.join(', ')}`;
  }
  if (folder === 'machines') {
    return target === 'machines' ? null : `machines/ may import only xstate and machines/, not ${name}`;
  }
  if (folder === 'actors') {
    if (
      inside ? target === 'machines' || target === 'actors' : isBuiltin(name) || packageOf(name) === 'rxjs'
    ) {
      return null;
    }
    return `actors/ may import only xstate, rxjs, node built-ins, machines/ and actors/, not ${name}`;
  }
  // The command line puts everything together.
  const shows = target === 'visualizations' && !path.startsWith('runtime/cli/');
  if (folder === 'runtime' && (shows || target === 'test')) {
    return `runtime/ may not import ${target}/`;
  }
  if (target === 'runtime' && !MAY_IMPORT_RUNTIME.has(folder)) return `${folder}/ may not import runtime/`;
  return null;
}

if (process.argv[1] !== undefined && import.meta.filename === resolve(process.argv[1])) {
  const found = violationsIn(resolve(process.argv[2] ?? join(import.meta.dirname, '..', '..')));
  for (const violation of found) console.error(violation);
  if (found.length > 0) {
    console.error(`${found.length} imports go the wrong way`);
    process.exit(1);
  }
}
