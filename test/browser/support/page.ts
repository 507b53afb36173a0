/** An inspector's page in a real browser: what it says on its console, whom it asks, what axe finds. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { BrowserContext, Page } from 'playwright-core';
import { browser } from './browser.js';

export const WIDE = { width: 1280, height: 800 } as const;
export const NARROW = { width: 390, height: 844 } as const;

export interface OpenOptions {
  /** `http://…` or a path; a file is opened with the network cut. */
  readonly at: string;
  /** Default WIDE. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Default light. */
  readonly theme?: 'light' | 'dark';
  /** What comes behind the address, with its `#`. */
  readonly hash?: string;
}

/** @example await using inspector = await openInspector({ at: '/tmp/run.html', theme: 'dark' }); */
export async function openInspector(options: OpenOptions): Promise<InspectorPage> {
  const { at, size = WIDE, theme = 'light', hash = '' } = options;
  const isUrl = /^https?:/.test(at);
  const context = await (await browser()).newContext({
    viewport: size,
    colorScheme: theme,
    reducedMotion: 'reduce',
    offline: !isUrl,
  });
  const inspector = new InspectorPage(context, await context.newPage());
  await inspector.open(`${isUrl ? at : pathToFileURL(at).href}${hash}`);
  return inspector;
}

export interface Violation {
  readonly id: string;
  readonly impact: string;
  /** First of the elements that have it. */
  readonly at: string;
  readonly help: string;
}

export class InspectorPage implements AsyncDisposable {
  readonly page: Page;
  /** Errors and warnings on the console, and exceptions that nobody caught. */
  readonly complaints: string[] = [];
  /** Addresses that were asked for, other than the page itself. */
  readonly requests: string[] = [];
  readonly #context: BrowserContext;

  constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
    page.setDefaultTimeout(15_000);
    page.on('console', (message) => {
      if (/^(error|warning)$/.test(message.type())) this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(error.stack ?? error.message));
    page.on('request', (request) => {
      if (!request.isNavigationRequest() && !request.url().startsWith('data:')) {
        this.requests.push(request.url());
      }
    });
  }

  /** Until the cursor is somewhere. */
  async open(address: string): Promise<void> {
    await this.page.goto(address);
    await this.page.locator('.cursor-number').waitFor();
  }

  /** Number of the moment at the cursor, of the whole run. */
  async moment(): Promise<number> {
    const text = await this.page.locator('.cursor-number').innerText();
    return Number(/#([\d,]+)/.exec(text)?.[1]?.replaceAll(',', '') ?? Number.NaN);
  }

  async waitForMoment(moment: number): Promise<void> {
    const number = moment.toLocaleString('en');
    await this.page.locator('.cursor-number', { hasText: new RegExp(`^#${number}( |$)`) }).waitFor();
  }

  /** Serious and critical findings of axe. */
  async violations(): Promise<Violation[]> {
    const hasAxe = await this.page.evaluate('typeof axe !== "undefined"');
    // Evaluated through the debugger, to which the page's policy does not apply.
    if (!hasAxe) await this.page.evaluate(await axeSource());
    const { violations } = (await this.page.evaluate('axe.run(document)')) as AxeResults;
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, impact, help, nodes }) => ({
        id,
        impact: impact ?? '',
        help,
        at: nodes
          .map(({ target }) => target.join(' '))
          .slice(0, 5)
          .join(' | '),
      }));
  }

  /** Elements that reach beyond the window's sides, and scrollers of the page as a whole. */
  async overflows(): Promise<string[]> {
    return (await this.page.evaluate(FIND_OVERFLOWS)) as string[];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
  }
}

async function axeSource(): Promise<string> {
  const { source } = createRequire(import.meta.url)('axe-core') as { source: string };
  return source;
}

/** What a scroller or a clipping element holds may be as wide as it likes. */
const FIND_OVERFLOWS = `(() => {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) found.push('page: ' + root.scrollWidth + ' > ' + root.clientWidth);
  const clips = (element) => {
    for (let at = element.parentElement; at !== null; at = at.parentElement) {
      if (getComputedStyle(at).overflowX !== 'visible') return at !== document.body && at !== root;
    }
    return false;
  };
  for (const element of document.querySelectorAll('body *')) {
    const { left, right, width, height } = element.getBoundingClientRect();
    if (width === 0 || height === 0 || element.closest('.visually-hidden') !== null) continue;
    if ((right > innerWidth + 1 || left < -1) && !clips(element)) {
      found.push(element.tagName.toLowerCase() + '.' + element.getAttribute('class') + ': ' + Math.round(left) + '..' + Math.round(right));
    }
  }
  return found.slice(0, 20);
})()`;
