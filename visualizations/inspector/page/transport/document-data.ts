/** A recording that travels in the document: gzip, base64, in script elements that no browser runs. */
import type { HeaderLine, RecordingLine } from '../../../../runtime/observe/recording/lines.js';
import type { LaidOutChart } from '../../../diagrams/laid-out-chart.js';
import type { Portion } from '../create-store.js';
import { chunksOf, fromBase64, unpacked, unpackedBytes } from './bytes.js';

/** Ids of the elements; `offline.ts` writes them. */
export const RECORDING_ELEMENT = 'bridle-recording';
export const CHARTS_ELEMENT = 'bridle-charts';

export interface DocumentData {
  readonly header: HeaderLine;
  readonly charts: readonly LaidOutChart[];
  /** Everything behind the header. */
  readonly portions: AsyncIterator<Portion>;
}

/** Null: this document carries none. */
export async function readDocumentData(): Promise<DocumentData | null> {
  const recording = document.getElementById(RECORDING_ELEMENT);
  if (recording === null) return null;
  const charts = document.getElementById(CHARTS_ELEMENT);
  const laidOut = charts === null ? '[]' : await new Response(await unpacked(dataOf(charts))).text();
  const data = dataOf(recording);
  const pieces = linesIn(await unpacked(data), await unpackedBytes(data));
  const { value: header } = await pieces.next();
  return {
    header: header?.lines[0] as unknown as HeaderLine,
    charts: JSON.parse(laidOut) as LaidOutChart[],
    portions: pieces,
  };
}

/** The first line alone, then as many at a time as come unpacked. */
async function* linesIn(stream: ReadableStream<Uint8Array>, total: number): AsyncGenerator<Portion> {
  const decoder = new TextDecoder();
  let [rest, read, isFirst] = ['', 0, true];
  for await (const chunk of chunksOf(stream)) {
    read += chunk.length;
    rest += decoder.decode(chunk, { stream: true });
    if (isFirst && rest.includes('\n')) {
      const end = rest.indexOf('\n');
      yield portion(rest.slice(0, end), 0);
      [rest, isFirst] = [rest.slice(end + 1), false];
    }
    const end = rest.lastIndexOf('\n');
    if (end < 0) continue;
    yield portion(rest.slice(0, end), Math.min(1, read / total));
    rest = rest.slice(end + 1);
  }
  if (rest !== '') yield portion(rest, 1);
}

/** No value in a line has a line end as it is, so that all lines of a text are parsed at once. */
function portion(text: string, share: number): Portion {
  return { lines: JSON.parse(`[${text.trim().replaceAll('\n', ',')}]`) as RecordingLine[], share };
}

function dataOf(element: HTMLElement): Blob {
  const data = fromBase64((element.textContent ?? '').trim());
  // It would be there twice for as long as the page is open.
  element.textContent = '';
  return data;
}
