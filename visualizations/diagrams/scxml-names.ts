/** Names of a chart as SCXML can spell them; each stays different from every other. */

const AFTER = 'xstate.after.';

/** An XML name: letters, digits, `.`, `-` and `_`, and no digit in front. */
export function idName(id: string): string {
  const spelled = id.replace(/[^\p{L}\p{N}._-]/gu, hex);
  return /^[\p{L}_]/u.test(spelled) ? spelled : `_${spelled}`;
}

/** XState's own events by the names that SCXML gives them; in others the signs that end a name are spelled out. */
export function eventName(event: string): string {
  if (event === '*') return event;
  const named = event
    .replace(/^xstate\.done\.state\./, 'done.state.')
    .replace(/^xstate\.done\.actor\./, 'done.invoke.');
  const [, stem, star] = /^(.*?)(\.\*)?$/s.exec(named)!;
  return `${stem!.replace(/[^\p{L}\p{N}._:-]/gu, hex)}${star ?? ''}`;
}

/** `250ms`, or the name of a delay. */
export function delayOf(event: string, state: string): string {
  const delay = event.slice(AFTER.length, -(state.length + 1));
  return /^\d+$/.test(delay) ? `${delay}ms` : delay;
}

const hex = (sign: string): string => `_x${sign.codePointAt(0)!.toString(16)}_`;
