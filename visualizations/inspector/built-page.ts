/** The script and the style sheet of the inspector's page, as the build made them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BridleError } from '../../runtime/client/errors.js';

export interface BuiltPage {
  readonly js: string;
  readonly css: string;
}

/** Beside the built file, and from its source in a checkout. */
const PLACES = ['./page/', '../../dist/visualizations/inspector/page/'];

/** BRIDLE_USAGE when the page was not built. */
export function builtPage(): BuiltPage {
  for (const place of PLACES) {
    const read = (name: string): string =>
      // A browser reads line ends as \n before it takes a hash.
      readFileSync(fileURLToPath(new URL(`${place}${name}`, import.meta.url)), 'utf8').replaceAll(
        '\r\n',
        '\n',
      );
    try {
      return { js: read('page.js'), css: read('page.css') };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  throw BridleError.of('BRIDLE_USAGE', {
    operation: 'inspect',
    hint: 'the inspector’s page is missing: this is a checkout that was not built',
    next: 'npm run build',
  });
}
