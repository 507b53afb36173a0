/** What is written into states and at edges, in pieces. */
import type { DiagramAction, DiagramActor, DiagramEdge, DiagramState } from '../chart-diagram.js';
import type { Paragraph, Piece } from './text-block.js';

/** `persistProgress(…)`, `assign`, `alter({ to: 'DS_APP' })`. */
export function actionText({ name, params }: DiagramAction): string {
  return params === null ? name : `${name}(${params})`;
}

/** Without brackets around the only argument: `alter(to: 'DS_APP')`. */
const brief = (text: string): string => text.replace(/\(\{ ([^{}]*) \}\)/g, '($1)');

/** Event, guard and actions of an edge, on one line as far as there is room. */
export function edgeParagraph(edge: DiagramEdge): Paragraph {
  const { label, guard, actions, leads, reenter } = edge;
  return [
    { text: label, role: 'event' },
    ...(guard === null ? [] : [{ text: `[${brief(guard)}]`, role: 'guard' } as const]),
    ...(reenter ? [{ text: '(reenters)', role: 'note' } as const] : []),
    ...actionPieces('/', actions),
    ...(leads === undefined ? [] : [{ text: `→ ${leads}`, role: 'note' } as const]),
  ];
}

/** Everything that is written into a state, but the transitions that do not leave it. */
export function stateParagraphs(state: DiagramState): Paragraph[] {
  const { key, description, tags, entry, exit, invokes, hasOutput, output } = state;
  const title: Piece = { text: key, role: 'title' };
  return [
    [title],
    ...(description === null ? [] : [[{ text: description, role: 'note' } as const]]),
    ...(tags.length === 0 ? [] : [[{ text: `tags: ${tags.join(', ')}`, role: 'note' } as const]]),
    ...(entry.length === 0 ? [] : [actionPieces('entry /', entry)]),
    ...(exit.length === 0 ? [] : [actionPieces('exit /', exit)]),
    ...invokes.map((actor) => [{ text: `invoke ${actorText(actor)}`, role: 'activity' } as const]),
    ...(hasOutput ? [[{ text: `output ${output ?? '…'}`, role: 'activity' } as const]] : []),
  ];
}

export function actionPieces(head: string, actions: readonly DiagramAction[]): Piece[] {
  if (actions.length === 0) return [];
  const list = actions.map(actionText).map(brief).join(', ');
  return [{ text: `${head} ${list}`, role: head === '/' ? 'action' : 'activity' }];
}

const actorText = ({ id, logic }: DiagramActor): string => (id === logic ? id : `${id} (${logic})`);
