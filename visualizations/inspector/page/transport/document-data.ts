/** A recording that travels in the document: gzip, base64, in script elements that no browser runs. */
import type { HeaderLine, RecordingLine } from '../../../../runtime/observe/recording/lines.js';
import type { LaidOutChart } from '../../../diagrams/laid-out-chart.js';
import { fromBase64, unpacked } from './bytes.js';

/** Ids of the elements; `offline.ts` writes them. */
export const RECORDING_ELEMENT = 'bridle-recording';
export const CHARTS_ELEMENT = 'bridle-charts';

export interface DocumentData {
  readonly header: HeaderLine;
  readonly lines: readonly RecordingLine[];
  readonly charts: readonly LaidOutChart[];
}

/** Null: this document carries none. */
export async function readDocumentData(): Promise<DocumentData | null> {
  const recording = document.getElementById(RECORDING_ELEMENT);
  if (recording === null) return null;
  const charts = document.getElementById(CHARTS_ELEMENT);
  const [text, laidOut] = await Promise.all([textOf(recording), charts === null ? '[]' : textOf(charts)]);
  const [header, ...lines] = text.split('\n').filter((line) => line !== '');
  return {
    header: JSON.parse(header ?? '') as HeaderLine,
    lines: JSON.parse(`[${lines.join(',')}]`) as RecordingLine[],
    charts: JSON.parse(laidOut) as LaidOutChart[],
  };
}

async function textOf(element: HTMLElement): Promise<string> {
  const text = await new Response(await unpacked(fromBase64((element.textContent ?? '').trim()))).text();
  // It would be there twice for as long as the page is open.
  element.textContent = '';
  return text;
}
