/** Times and waiting in words. */
import type { ChartDiagram, DiagramState } from '../../../diagrams/chart-diagram.js';
import type { ActorState } from '../../model/types.js';

/** Microseconds, or steps: `480 ms`, `12.4 s`, `3 min 5 s`, `7 steps`. */
export function spanInWords(span: number, inSteps: boolean): string {
  if (inSteps) return span === 1 ? '1 step' : `${span} steps`;
  const ms = span / 1000;
  if (ms < 1) return `${Math.round(span)} µs`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** What a state says about its waiting; from the nearest state above it that says anything. */
export interface Waiting {
  readonly state: DiagramState;
  readonly waitingFor: string;
  readonly from: string;
  readonly leavesWhen: string;
  readonly operatorCan: readonly string[];
  readonly settled: 'done' | 'blocked' | null;
}

/** Of each innermost active state that says what it waits for. */
export function waitingOf(diagram: ChartDiagram, { active }: ActorState): readonly Waiting[] {
  const states = new Map(diagram.states.map((state) => [state.id, state]));
  const parents = new Set(active.map((id) => states.get(id)?.parent));
  const found = new Map<string, Waiting>();
  for (const leaf of active) {
    if (parents.has(leaf)) continue;
    for (let at = states.get(leaf); at !== undefined; at = states.get(at.parent ?? '')) {
      const waiting = readWaiting(at);
      if (waiting === null) continue;
      found.set(at.id, waiting);
      break;
    }
  }
  return [...found.values()];
}

export function readWaiting(state: DiagramState): Waiting | null {
  const { meta } = state;
  if (typeof meta?.waitingFor !== 'string') return null;
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return {
    state,
    waitingFor: meta.waitingFor,
    from: text(meta.from),
    leavesWhen: text(meta.leavesWhen),
    operatorCan: Array.isArray(meta.operatorCan) ? meta.operatorCan.map(String) : [],
    settled: meta.settled === 'done' || meta.settled === 'blocked' ? meta.settled : null,
  };
}
