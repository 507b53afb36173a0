/** `bridle alerts`: tells what happens to duplications, as lines and to a webhook. */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { BridleError } from '../client/index.js';
import { watchAlerts } from '../live/alerts.js';
import { type Alert, Webhook, type WebhookEnd } from '../observe/alerts/index.js';
import { type CommandContext, parseSeconds, perform } from './context.js';
import { EXIT } from './exit-codes.js';

interface AlertsFlags {
  readonly webhook?: string;
  readonly secretFile?: string;
  readonly interval: number;
}

const DEFAULT_INTERVAL_MS = 2_000;
/** How long an alert may still be delivered after Ctrl-C. */
const GRACE_MS = 5_000;

export function addAlertsCommand(program: Command): void {
  program
    .command('alerts')
    .description('tell when duplications block, get stuck, recover or change their status, until Ctrl-C')
    .argument('[table]', 'only the duplications of this table')
    .option('--webhook <url>', 'post each as JSON there (default: $BRIDLE_WEBHOOK_URL)')
    .option(
      '--secret-file <file>',
      'sign each request with the secret in this file (default: $BRIDLE_WEBHOOK_SECRET)',
    )
    .option('--interval <seconds>', 'between two looks (default: 2)', parseSeconds, DEFAULT_INTERVAL_MS)
    .addHelpText(
      'after',
      `
Each alert is one line here; with --json the whole of it, as the webhook gets it. The webhook gets each at least
once, with a header idempotency-key. An address that holds a token belongs into $BRIDLE_WEBHOOK_URL: arguments
are seen by everybody on the machine.

Examples:
  $ bridle alerts
  $ bridle alerts users --webhook https://alerts.example/bridle --secret-file secret.txt
  $ bridle alerts --json | jq -r 'select(.severity == "critical") | .next'`,
    )
    .action((table: string | undefined, flags: AlertsFlags, command: Command) =>
      perform(command, (context) => run(context, table, flags)),
    );
}

async function run(context: CommandContext, table: string | undefined, flags: AlertsFlags): Promise<number> {
  const { out, signal } = context;
  const webhook = await webhookOf(flags, (end) => {
    if (!end.delivered) out.note(`${end.alert.id}: not delivered, ${end.attempts} tries: ${end.reason}`);
  });
  const cluster = await context.cluster();
  if (table !== undefined) await cluster.queryDuplication(table, context.limits);
  const to = webhook === undefined ? '' : `, told to ${webhook.place}`;
  out.note(`watching ${table ?? 'all duplications'} of ${cluster.name}${to}`);
  const onAlert = (alert: Alert): void => {
    out.line(out.json ? JSON.stringify(alert) : textOf(alert));
    webhook?.post(alert);
  };
  await watchAlerts({ cluster, table, pollMs: flags.interval, onAlert, signal });
  await webhook?.close(GRACE_MS);
  return EXIT.interrupted;
}

async function webhookOf(
  { webhook = process.env.BRIDLE_WEBHOOK_URL, secretFile }: AlertsFlags,
  onEnd: (end: WebhookEnd) => void,
): Promise<Webhook | undefined> {
  if (webhook === undefined || webhook === '') {
    if (secretFile !== undefined) throw usage('--secret-file needs a webhook');
    return undefined;
  }
  const secret = secretFile === undefined ? process.env.BRIDLE_WEBHOOK_SECRET : await readSecret(secretFile);
  try {
    return new Webhook({ url: webhook, secret: secret === '' ? undefined : secret, onEnd });
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error));
  }
}

async function readSecret(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw usage(`--secret-file ${path}: ${error.code ?? 'cannot be read'}`);
  });
  const secret = text.trim();
  if (secret === '') throw usage(`--secret-file ${path}: it is empty`);
  return secret;
}

function usage(hint: string): BridleError {
  return BridleError.of('BRIDLE_USAGE', { operation: 'alerts', hint, next: 'bridle alerts --help' });
}

function textOf({ atMs, kind, table, summary, next }: Alert): string {
  return `${new Date(atMs).toISOString()}  ${kind.padEnd(11)}  ${table}  ${summary}  · next: ${next}`;
}
