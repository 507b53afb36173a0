/** What happens to a real server process at one of its durable steps, or to what it sends. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** `during` leaves the step unfinished: half of a write, a sync or rename that nobody waited for. */
export type When = 'before' | 'during' | 'after';
export const WHENS: readonly When[] = ['before', 'during', 'after'];

export interface Strike {
  /** Cluster and role, e.g. `east meta`. */
  readonly server: string;
  /** A durable step as the preload names it, e.g. `datasync N.N/log`; '' for a strike on the network. */
  readonly step: string;
  /** 1 for the first time that one process of this kind does it. */
  readonly nth: number;
  readonly when: When;
  readonly network?: {
    readonly kind: 'reset' | 'slow';
    /** Writes of at least this size are blocks of a checkpoint. */
    readonly largeBytes: number;
    /** Before each write of a slow process. */
    readonly delayMs: number;
  };
}

export const strikeInWords = ({ server, step, nth, when, network }: Strike): string =>
  network === undefined ? `${server} killed ${when} ${step}, ${nth}.` : `${server}: ${network.kind}`;

export interface Armed {
  /** Whether it has happened. */
  readonly struck: () => boolean;
  /** Every durable step of every server so far, in order; only when counting. */
  readonly steps: () => Promise<readonly { readonly server: string; readonly step: string }[]>;
  /** Servers that start from now on live as usual. */
  readonly disarm: () => void;
}

const PRELOAD = pathToFileURL(join(import.meta.dirname, 'preload.mjs')).href;

/** Every server process that starts from now on is watched, until `disarm`. */
export async function arm(directory: string, strike: Strike | null): Promise<Armed> {
  const plan = join(directory, 'strike.json');
  const mark = join(directory, 'struck.json');
  const counts = strike === null ? join(directory, 'steps.tsv') : null;
  await writeFile(plan, JSON.stringify({ counts, mark, strike }));
  const before = { options: process.env.NODE_OPTIONS, plan: process.env.BRIDLE_STRIKE_PLAN };
  process.env.NODE_OPTIONS = [before.options, `--import ${PRELOAD}`].filter(Boolean).join(' ');
  process.env.BRIDLE_STRIKE_PLAN = plan;
  return {
    struck: () => existsSync(mark),
    steps: async () => {
      const text = counts === null ? '' : await readFile(counts, 'utf8');
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => {
          const [server = '', step = ''] = line.split('\t');
          return { server, step };
        });
    },
    disarm: () => {
      restore('NODE_OPTIONS', before.options);
      restore('BRIDLE_STRIKE_PLAN', before.plan);
    },
  };
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
