/** Small things a browser keeps for its user. A browser that keeps nothing is fine too. */

const PREFIX = 'bridle.inspector.';

export function kept(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Forbidden, or full: it holds until the page is closed.
  }
}
