/** The text that tells positions of a machine apart, and the names of where it is. */
import { canonicalText, type TextCache } from './canonical.js';
import { NoCanonicalText, PathsError } from './errors.js';
import type { Position, SnapshotView } from './stepper.js';

/**
 * Two positions are the same state when value, context, history, status, output, children and running
 * timers are. xstate/graph leaves out history, children and timers; see docs/paths.md.
 *
 * @throws PathsError UNSERIALISABLE with machine, state and field
 */
export function positionText(machine: string, position: Position, cache: TextCache): string {
  const { snapshot, timers, finished } = position;
  try {
    const parts = [
      canonicalText(snapshot.value),
      canonicalText(snapshot.context, 'context', cache),
      snapshot.status === 'active' ? '' : endText(snapshot),
      historyText(snapshot),
      childrenText(snapshot, finished),
      timers.map(({ id, event }) => `${id}${timerText(event)}`).join(),
    ];
    return parts.join('|');
  } catch (error) {
    if (!(error instanceof NoCanonicalText)) throw error;
    throw new PathsError('UNSERIALISABLE', error.message, {
      machine,
      state: controlOf(snapshot),
      field: error.field,
    });
  }
}

const endText = ({ status, output, error }: SnapshotView): string =>
  `${status} ${canonicalText(output, 'output')} ${canonicalText(error, 'error')}`;

function historyText({ historyValue }: SnapshotView): string {
  return Object.keys(historyValue)
    .sort()
    .map((id) => `${id}=${(historyValue[id] ?? []).map((node) => node.id).sort()}`)
    .join();
}

function childrenText({ children }: SnapshotView, finished: readonly string[]): string {
  return Object.keys(children)
    .sort()
    .map((id) => `${id}:${sourceName(children[id]?.src)}${finished.includes(id) ? '■' : ''}`)
    .join();
}

/** The event of an `after` is told by its id; a delayed `raise` may carry anything. */
function timerText(event: { readonly type: string }): string {
  return Object.keys(event).length === 1 ? '' : canonicalText(event, 'delayed event');
}

/** `fileCopy`; an actor given in place has no name. */
export function sourceName(src: unknown): string {
  return typeof src === 'string' ? src : 'inline';
}

/**
 * Active leaf states without the machine's own name, joined with ` + `: what a person calls the state.
 * @example controlOf(snapshot) // 'living.lifecycle.DS_LOG + living.storage.idle'
 */
export function controlOf(snapshot: SnapshotView): string {
  const leaves = snapshot._nodes.filter((node) => node.type === 'atomic' || node.type === 'final');
  if (leaves.length === 0) return '(start)';
  const names = [...leaves].sort((a, b) => a.order - b.order).map((node) => node.path.join('.') || node.id);
  const ended = snapshot.status === 'error' || snapshot.status === 'stopped' ? ` (${snapshot.status})` : '';
  return names.join(' + ') + ended;
}

/** Ids of the active state nodes, the root's included. */
export function activeStates(snapshot: SnapshotView): readonly string[] {
  return snapshot._nodes.map((node) => node.id);
}
