/** The inspector's page: an empty document, one script and one style sheet, made by the build. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { BridleError } from '../../../runtime/client/index.js';

export interface PageFiles {
  readonly html: string;
  readonly js: string;
  readonly css: string;
}

/** Seen from the built file, and from its source in a checkout. */
const PLACES = ['../page/', '../../../dist/visualizations/inspector/page/'];

/** BRIDLE_USAGE when the page was not built. */
export async function readPageFiles(): Promise<PageFiles> {
  for (const place of PLACES) {
    const read = (name: string) =>
      readFile(fileURLToPath(new URL(`${place}${name}`, import.meta.url)), 'utf8');
    const files = await Promise.all([read('page.js'), read('page.css').catch(() => '')]).catch(() => null);
    if (files !== null) return { html: HTML, js: files[0], css: files[1] };
  }
  throw BridleError.of('BRIDLE_USAGE', {
    operation: 'inspect',
    hint: 'the inspector’s page is missing: this is a checkout that was not built',
    next: 'npm run build',
  });
}

const HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Bridle inspector</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css">
</head>
<body>
<div id="inspector"></div>
<script src="page.js" defer></script>
</body>
</html>
`;
