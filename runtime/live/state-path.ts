/** The state of a chart without parallel regions, as text: `{ checking: 'probing' }` is `checking.probing`. */
export function statePath(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[key, inner] = ['', '']] = Object.entries(value as Record<string, unknown>);
  return `${key}.${statePath(inner)}`;
}
