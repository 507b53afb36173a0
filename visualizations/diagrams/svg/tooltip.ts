/** What a reader sees who points at a state or an edge, and what a screen reader says. */
import type { DiagramActor, DiagramEdge, DiagramState } from '../chart-diagram.js';
import { actionText } from '../layout/words.js';
import { escapeXml } from './xml.js';

/** In words where the chart has them; other meta as it is. */
const META_WORDS: Readonly<Record<string, string>> = {
  waitingFor: 'waits for',
  from: 'from',
  leavesWhen: 'leaves when',
  operatorCan: 'operator can',
};

export function stateTooltip({ id, kind, description, meta, initial, invokes }: DiagramState): string {
  const what = kind === 'atomic' ? id : `${id} (${kind})`;
  const lines = [
    what,
    ...written(description),
    ...factsOf(meta),
    ...invokes.flatMap(actorFacts),
    ...(initial === null ? [] : [...written(initial.description), ...factsOf(initial.meta)]),
  ];
  return escapeXml(lines.join('\n'));
}

const written = (description: string | null): string[] => (description === null ? [] : [description]);

const factsOf = (meta: DiagramState['meta']): string[] =>
  Object.entries(meta ?? {}).map(([key, value]) => `${META_WORDS[key] ?? key}: ${inWords(value)}`);

/** What there is no room for in the box. */
function actorFacts({ id, input, systemId }: DiagramActor): string[] {
  return [
    ...(input === null ? [] : [`input of ${id}: ${input}`]),
    ...(systemId === null ? [] : [`${id} is ${systemId} in the system`]),
  ];
}

export function edgeTooltip(edge: DiagramEdge, count: number | null): string {
  const { id, guard, actions, targets, description, meta } = edge;
  const lines = [
    id,
    ...written(description),
    ...factsOf(meta),
    ...(guard === null ? [] : [`if ${guard}`]),
    ...(actions.length === 0 ? [] : [`does ${actions.map(actionText).join(', ')}`]),
    targets.length === 0 ? 'stays' : `goes to ${targets.join(' and ')}`,
    ...(count === null ? [] : [`covered ${count} times`]),
  ];
  return escapeXml(lines.join('\n'));
}

function inWords(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'nothing' : value.map(inWords).join(', ');
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
}
