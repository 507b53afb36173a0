/** A run whose lines a test writes, and requests that a browser would not let a page send. */
import { request } from 'node:http';
import { concat, defer, from, Subject } from 'rxjs';
import { WebSocket } from 'ws';
import type { HeaderLine, RecordingLine } from '../../runtime/observe/recording/lines.js';
import type { InspectedRun, RunControl } from '../../visualizations/inspector/inspected-run.js';

export const HEADER: HeaderLine = {
  t: 'recording',
  version: 1,
  source: 'live',
  title: 'a test',
  madeBy: 'bridle test',
  beganUs: 0,
  values: 'removed',
};

export interface WrittenRun extends InspectedRun {
  write(...lines: RecordingLine[]): void;
  end(): void;
}

/** @example run.write({ t: 'note', at: 1, level: 'info', text: 'hello' }) */
export function writtenRun(control: RunControl | null = null, live = true): WrittenRun {
  const before: RecordingLine[] = [];
  const lines$ = new Subject<RecordingLine>();
  return {
    header: HEADER,
    live,
    lines$: concat(
      defer(() => from([...before])),
      lines$,
    ),
    charts: async () => [],
    control,
    write(...lines) {
      before.push(...lines);
      for (const line of lines) lines$.next(line);
    },
    end: () => lines$.complete(),
  };
}

export const note = (at: number, text = `note ${at}`): RecordingLine => ({
  t: 'note',
  at,
  level: 'info',
  text,
});

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** As node:http sends it: any Host header goes. */
export function ask(url: string, { method = 'GET', headers = {} }: AskOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers: { connection: 'close', ...headers } }, (answer) => {
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (text: string) => {
        body += text;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
    });
    asked.on('error', reject);
    asked.setTimeout(10_000, () => asked.destroy(new Error('no answer within 10 s')));
    asked.end();
  });
}

export interface PageMessage {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** What a page would have heard so far. */
export interface Page {
  readonly socket: WebSocket;
  readonly messages: readonly PageMessage[];
  readonly lines: readonly RecordingLine[];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  send(message: unknown): void;
}

export interface OpenOptions {
  readonly origin?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
}

/** Opens the WebSocket of a server; rejects with `HTTP <status>` when it is refused. */
export function openPage(url: string, options: OpenOptions = {}): Promise<Page> {
  const origin = 'origin' in options ? options.origin : new URL(url).origin;
  const socket = new WebSocket(new URL(options.path ?? 'live', url.replace('http', 'ws')), {
    ...(origin === undefined ? {} : { origin }),
    headers: options.headers ?? {},
  });
  const messages: PageMessage[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data)) as PageMessage));
  const closed = new Promise<{ code: number; reason: string }>((done) =>
    socket.once('close', (code, reason) => done({ code, reason: String(reason) })),
  );
  const page: Page = {
    socket,
    messages,
    get lines() {
      return messages.flatMap(({ type, lines }) => (type === 'lines' ? (lines as RecordingLine[]) : []));
    },
    closed,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
  };
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(page));
    socket.once('unexpected-response', (_, answer) => {
      reject(new Error(`HTTP ${answer.statusCode}`));
      answer.destroy();
    });
    socket.on('error', reject);
  });
}
