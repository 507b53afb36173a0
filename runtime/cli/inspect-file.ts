/** `bridle inspect FILE`: serves a recording, writes it as a page, or turns it into something else. */
import { writeFile } from 'node:fs/promises';
import { EXPORTS, ExportError } from '../../visualizations/inspector/model/exports/index.js';
import { RecordingIndex } from '../../visualizations/inspector/model/recording-index.js';
import { writeOfflinePage } from '../../visualizations/inspector/offline.js';
import { openRecording, type RecordedRun } from '../../visualizations/inspector/recorded-run.js';
import { BridleError } from '../client/index.js';
import { writeRecording } from '../observe/recording/index.js';
import type { CommandContext } from './context.js';
import { type InspectFlags, usage } from './inspect.js';
import { serveUntilInterrupted } from './inspect-serve.js';
import { formatBytes, plural } from './output.js';

export async function inspectFile(context: CommandContext, file: string, flags: InspectFlags): Promise<void> {
  const { out } = context;
  const run = await openRecording(file);
  for (const warning of run.warnings) out.note(warning);
  if (flags.export !== undefined) {
    await exportIt(context, run, flags.export, flags);
    return;
  }
  if (flags.range !== undefined || flags.actor !== undefined)
    throw usage('--range and --actor need --export');
  if (flags.out !== undefined) {
    if (flags.compare !== undefined) throw usage('--compare needs the page to be served: leave --out away');
    await writePage(context, run, flags.out);
    return;
  }
  const facts = { recording: file, lines: run.recording.lines.length, warnings: run.warnings };
  if (flags.compare === undefined) {
    await serveUntilInterrupted(context, { run, facts }, flags);
    return;
  }
  const other = await openRecording(flags.compare);
  for (const warning of other.warnings) out.note(warning);
  const compare = writeRecording(other.header, other.recording.lines);
  await serveUntilInterrupted(context, { run, facts: { ...facts, compare: flags.compare }, compare }, flags);
}

async function writePage({ out }: CommandContext, run: RecordedRun, path: string): Promise<void> {
  const { header, lines } = run.recording;
  const html = writeOfflinePage({ header, lines, charts: await run.charts() });
  await write(path, html);
  const bytes = Buffer.byteLength(html);
  out.result(
    { out: path, bytes, lines: lines.length },
    `${path}: ${formatBytes(bytes)}, ${plural(lines.length, 'line')}; opens in any browser, without a network`,
  );
}

async function exportIt(
  { out }: CommandContext,
  run: RecordedRun,
  format: NonNullable<InspectFlags['export']>,
  { range, actor, out: path }: InspectFlags,
): Promise<void> {
  const index = new RecordingIndex(run.header);
  index.append(run.recording.lines);
  const text = made(() => EXPORTS[format].make(index, { ...parseRange(range), actor: actor ?? null }));
  if (path !== undefined) {
    await write(path, text);
    const bytes = Buffer.byteLength(text);
    out.result({ out: path, format, bytes }, `${path}: ${formatBytes(bytes)} of ${EXPORTS[format].label}`);
  } else out.result({ format, text }, text.replace(/\n$/, ''));
}

function made(make: () => string): string {
  try {
    return make();
  } catch (error) {
    if (error instanceof ExportError) throw usage(error.message);
    throw error;
  }
}

/** @example parseRange('100..') // { from: 100 } */
function parseRange(text: string | undefined): { readonly from?: number; readonly to?: number } {
  if (text === undefined) return {};
  const [, from, to] = /^(\d{0,9})\.\.(\d{0,9})$/.exec(text) ?? [];
  if (from === undefined || to === undefined) throw usage(`--range ${text}: write A..B, A.. or ..B`);
  return {
    ...(from === '' ? {} : { from: Number(from) }),
    ...(to === '' ? {} : { to: Number(to) }),
  };
}

async function write(path: string, text: string): Promise<void> {
  await writeFile(path, text).catch((error: Error) => {
    throw BridleError.of('BRIDLE_USAGE', {
      operation: 'inspect',
      hint: `${path} cannot be written: ${error.message}`,
      next: 'bridle inspect FILE --out ANOTHER_FILE',
      cause: error,
    });
  });
}
