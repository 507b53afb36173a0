/**
 * A recording and the page that shows it in one HTML file: works from a disk, from a bug report, and without
 * a network. It asks no host for anything, and its policy keeps it from doing so.
 */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { HeaderLine, RecordingLine } from '../../runtime/observe/recording/lines.js';
import type { LaidOutChart } from '../diagrams/laid-out-chart.js';
import { builtPage } from './built-page.js';

export interface OfflinePage {
  readonly header: HeaderLine;
  readonly lines: Iterable<RecordingLine>;
  /** Of the charts that its actors follow. */
  readonly charts: readonly LaidOutChart[];
}

/** Ids of the elements with the data, as the page looks for them. */
const RECORDING_ELEMENT = 'bridle-recording';
const CHARTS_ELEMENT = 'bridle-charts';

/**
 * BRIDLE_USAGE when the page was not built.
 *
 * @returns the HTML text
 * @example await writeFile('run.html', writeOfflinePage({ header, lines, charts }));
 */
export function writeOfflinePage({ header, lines, charts }: OfflinePage): string {
  const { js, css } = builtPage();
  const script = js.replaceAll('</script', '<\\/script').replaceAll('<!--', '\\x3c!--');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${policyFor(script, css)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escaped(header.title)} · Bridle</title>
<link rel="icon" href="data:,">
<style>${css}</style>
</head>
<body>
<div id="inspector">
<p>Opening the recording…</p>
<noscript>This page shows it by a script of its own, and scripts are switched off.</noscript>
</div>
${dataElement(RECORDING_ELEMENT, jsonLines(header, lines))}
${dataElement(CHARTS_ELEMENT, JSON.stringify(charts))}
<script>${script}</script>
</body>
</html>
`;
}

function policyFor(script: string, css: string): string {
  return [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(css)}'`,
    'img-src data: blob:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}`;
}

function* jsonLines(header: HeaderLine, lines: Iterable<RecordingLine>): Generator<string> {
  yield JSON.stringify(header);
  for (const line of lines) yield `\n${JSON.stringify(line)}`;
}

/** A browser runs no script of a type that it does not know: it is data. */
function dataElement(id: string, text: Iterable<string>): string {
  const packed = gzipSync([...text].join(''), { level: 9 }).toString('base64');
  return `<script type="application/octet-stream" id="${id}">${packed}</script>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
