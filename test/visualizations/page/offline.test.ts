import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { JSDOM } from 'jsdom';
import { describe, expect, it } from 'vitest';
import { layOut } from '../../../visualizations/diagrams/layout/index.js';
import { OUR_CHARTS } from '../../../visualizations/diagrams/ours.js';
import { readChart } from '../../../visualizations/diagrams/read-chart.js';
import { writeOfflinePage } from '../../../visualizations/inspector/offline.js';
import { syntheticRecording } from '../../support/recordings.js';

const LIMIT_BYTES = 3_000_000;
/** Every chart is laid out. */
const LAYOUT_TIMEOUT_MS = 120_000;

function unpacked(document: Document, id: string): string {
  return gunzipSync(Buffer.from(document.getElementById(id)!.textContent!, 'base64')).toString();
}

describe('the offline page', () => {
  it('given a title and texts that look like markup, then they stay texts and nothing is lost', () => {
    const { header, lines } = syntheticRecording({ moments: 50, seed: 2 });
    const evil = '</script><script>alert(1)</script><!-- & "';
    const noted = [...lines, { t: 'note', at: 1e9, level: 'warn', text: evil } as const];
    const html = writeOfflinePage({ header: { ...header, title: evil }, lines: noted, charts: [] });
    const { document } = new JSDOM(html).window;
    expect(document.title).toContain(evil.trim());
    expect(document.querySelectorAll('script')).toHaveLength(3);
    const text = unpacked(document, 'bridle-recording');
    expect(text.split('\n').map((line) => JSON.parse(line))).toEqual([{ ...header, title: evil }, ...noted]);
  });

  it('given its policy, then it runs its own script and style, and may ask no host for anything', () => {
    const html = writeOfflinePage({ ...syntheticRecording({ moments: 50 }), charts: [] });
    const { document } = new JSDOM(html).window;
    const policy = document.querySelector('meta[http-equiv]')!.getAttribute('content')!;
    const directive = (name: string) =>
      policy
        .split('; ')
        .find((each) => each.startsWith(`${name} `))
        ?.slice(name.length + 1);
    const hashOf = (element: Element) =>
      `'sha256-${createHash('sha256').update(element.textContent!).digest('base64')}'`;
    expect(directive('default-src')).toBe("'none'");
    expect(directive('connect-src')).toBeUndefined();
    expect(directive('script-src')).toBe(hashOf(document.querySelector('script:not([type])')!));
    expect(directive('style-src')).toBe(hashOf(document.querySelector('style')!));
    for (const element of document.querySelectorAll('[src], [href]')) {
      expect(element.getAttribute('src') ?? element.getAttribute('href')).toMatch(/^data:/);
    }
  });

  it(`given 10,000 steps and all charts, then it is smaller than ${LIMIT_BYTES} bytes`, {
    timeout: LAYOUT_TIMEOUT_MS,
  }, async () => {
    const charts = await Promise.all(Object.values(OUR_CHARTS).map((chart) => layOut(readChart(chart))));
    const recording = syntheticRecording({ moments: 10_000, seed: 7, partitions: 8 });
    const html = writeOfflinePage({ ...recording, charts });
    expect(Buffer.byteLength(html)).toBeLessThan(LIMIT_BYTES);
    const { document } = new JSDOM(html).window;
    expect(JSON.parse(unpacked(document, 'bridle-charts'))).toHaveLength(charts.length);
  });
});
