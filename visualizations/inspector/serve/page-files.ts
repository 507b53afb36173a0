/** The inspector's page: an empty document, one script and one style sheet, made by the build. */
import { type BuiltPage, builtPage } from '../built-page.js';

export interface PageFiles extends BuiltPage {
  readonly html: string;
}

/** BRIDLE_USAGE when the page was not built. */
export function readPageFiles(): PageFiles {
  return { html: HTML, ...builtPage() };
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
