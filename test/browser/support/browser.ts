/** One Chromium for all tests of a file. */
import { type Browser, chromium } from 'playwright-core';
import { findChromium } from '../find-chromium.mjs';

let launched: Promise<Browser> | undefined;

/** Starts it at the first call. */
export function browser(): Promise<Browser> {
  launched ??= launch();
  return launched;
}

/** For `afterAll`. Harmless if it was never started. */
export async function closeBrowser(): Promise<void> {
  const open = await launched;
  launched = undefined;
  await open?.close();
}

async function launch(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    throw new Error('no Chromium here: npm run test:browser sees to it, or name one in BRIDLE_CHROMIUM');
  }
  // Chromium's sandbox refuses to run as root, as which containers run.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return await chromium.launch({ executablePath, args, timeout: 30_000 });
}
