/** What is written at a link, the same in every format. */
import type { SystemLink } from './system-diagram.js';

export interface LinkLine {
  readonly text: string;
  readonly what: 'name' | 'event' | 'note';
}

export function linkLines({ kind, names, effects, tells, brings, when }: SystemLink): LinkLine[] {
  const lines: LinkLine[] = names.map((text) => ({ text, what: 'name' }));
  if (kind === 'starts') lines.push({ text: 'starts', what: 'note' });
  if (effects.length > 0) lines.push({ text: `by ${effects.join(', ')}`, what: 'note' });
  if (tells.length > 0) lines.push({ text: `tells ${tells.join(', ')}`, what: 'event' });
  if (brings.length > 0) lines.push({ text: `brings back ${brings.join(', ')}`, what: 'event' });
  if (when !== null) lines.push({ text: `when ${when}`, what: 'note' });
  return lines;
}
