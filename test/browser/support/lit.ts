/** Which states are lit in the charts lane, and which the recording says should be. */
import type { Page } from 'playwright-core';
import type { RecordingLine, StateValue } from '../../../runtime/observe/recording/lines.js';

const WAIT_MS = 15_000;

/** What the page draws: whose chart, and the ids of its lit states in alphabetical order. */
export interface Drawn {
  readonly moment: number;
  /** `east meta/duplication/1` */
  readonly actor: string | null;
  readonly lit: readonly string[];
  /** Transitions that flash. */
  readonly flashed: readonly string[];
}

/** One look, so that everything in it is of the same moment. */
export async function drawn(page: Page): Promise<Drawn> {
  return (await page.evaluate(`(${LOOK})()`)) as Drawn;
}

/** As {@link drawn}, as soon as the cursor is at that moment. */
export async function drawnAt(page: Page, moment: number): Promise<Drawn> {
  // A condition of Playwright's own is evaluated by the page, which its policy forbids.
  return (await page.evaluate(`new Promise((done, fail) => {
    const look = () => {
      const seen = (${LOOK})();
      if (seen.moment === ${moment}) done(seen);
      else if (performance.now() > giveUp) fail(new Error('at moment ' + seen.moment + ', not at ${moment}'));
      else requestAnimationFrame(look);
    };
    const giveUp = performance.now() + ${WAIT_MS};
    look();
  })`)) as Drawn;
}

const LOOK = `() => {
  const all = (selector, name) =>
    [...document.querySelectorAll(selector)].map((element) => element.dataset[name]).sort();
  const number = document.querySelector('.cursor-number')?.textContent ?? '';
  return {
    moment: Number(/#([\\d,]+)/.exec(number)?.[1].replaceAll(',', '')),
    actor: document.querySelector('.charts-head h2')?.title ?? null,
    lit: all('.charts-canvas .charts-on', 'state'),
    flashed: all('.charts-canvas .charts-now', 'edge'),
  };
}`;

/** What an actor's lines say of one moment, reckoned here and not by the page's own index. */
export interface Told {
  readonly state: StateValue;
  readonly chart: string;
  /** Taken at this very moment. */
  readonly edges: readonly string[];
}

/** For each moment, in order: what is told so far of each living actor that follows a chart. */
export function* toldAt(lines: readonly RecordingLine[]): Generator<ReadonlyMap<string, Told>> {
  const actors = new Map<string, Told>();
  for (const line of lines) {
    if (line.t === 'chart') continue;
    for (const [key, told] of actors) {
      if (told.edges.length > 0) actors.set(key, { ...told, edges: [] });
    }
    if (line.t === 'actor') {
      const { chart, state } = line;
      if (chart !== null && state !== null) {
        actors.set(`${line.process}/${line.actor}`, { state, chart, edges: [] });
      }
    } else if (line.t === 'step') {
      const key = `${line.process}/${line.actor}`;
      const before = actors.get(key);
      if (before !== undefined) {
        actors.set(key, { ...before, state: line.state ?? before.state, edges: line.edges });
      }
    }
    yield new Map(actors);
  }
}

/** Ids of the states in a state value, without the root's. */
export function idsOf(state: StateValue, above: string): string[] {
  if (typeof state === 'string') return [`${above}.${state}`];
  return Object.entries(state).flatMap(([key, inner]) => {
    const id = `${above}.${key}`;
    return [id, ...idsOf(inner, id)];
  });
}

/** As {@link Drawn.lit} has them. */
export const litOf = ({ chart, state }: Told): string[] => idsOf(state, chart).sort();
