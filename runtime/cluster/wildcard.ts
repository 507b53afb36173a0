/**
 * Patterns with `*` for any run of characters, matched in a time that grows with pattern and text only: as a
 * regular expression, a dozen stars in a row would keep a server busy for years.
 *
 * @example
 * const isNfs = wildcard('RPC_NFS_*');
 * isNfs('RPC_NFS_COPY'); // true
 */
export function wildcard(pattern: string): (text: string) => boolean {
  const [head = '', ...rest] = pattern.split('*');
  const tail = rest.pop();
  if (tail === undefined) return (text) => text === head;
  const middle = rest.filter((part) => part !== '');
  return (text) => {
    const end = text.length - tail.length;
    if (!text.startsWith(head) || !text.endsWith(tail)) return false;
    // The leftmost place is never worse than a later one: it leaves the most text for the parts behind it.
    let at = head.length;
    for (const part of middle) {
      const found = text.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at <= end;
  };
}
