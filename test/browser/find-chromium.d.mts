/** Path of Chromium; undefined: there is none. */
export function findChromium(): string | undefined;
