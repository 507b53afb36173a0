/** The shortest input that still fails in the same way, as far as leaving out and zeroing go. */

/** @param tries calls of `fails` at most */
export async function minimised(
  input: Buffer,
  fails: (candidate: Buffer) => Promise<boolean>,
  tries: number,
): Promise<Buffer> {
  let best = input;
  let left = tries;
  const attempt = async (candidate: Buffer): Promise<boolean> => {
    if (left <= 0 || candidate.length > best.length || candidate.equals(best)) return false;
    left--;
    if (!(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  for (let size = best.length >> 1; size >= 1 && left > 0; size >>= 1) {
    for (let at = 0; at < best.length && left > 0; ) {
      const without = Buffer.concat([best.subarray(0, at), best.subarray(at + size)]);
      if (!(await attempt(without))) at += size;
    }
  }
  for (let at = 0; at < best.length && left > 0; at++) {
    if (best[at] === 0) continue;
    const zeroed = Buffer.from(best);
    zeroed[at] = 0;
    await attempt(zeroed);
  }
  return best;
}
