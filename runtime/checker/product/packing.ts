/** Where the fields of a state are in its words. */

/**
 * Gives each field its place: fields do not straddle words.
 * @returns how many words there are
 */
export function layOut(bits: Uint8Array, words: Uint8Array, shifts: Uint8Array, limits: Int32Array): number {
  let word = 0;
  let shift = 0;
  bits.forEach((width, field) => {
    if (shift + width > 32) {
      word += 1;
      shift = 0;
    }
    words[field] = word;
    shifts[field] = shift;
    limits[field] = width === 31 ? 0x7fffffff : (1 << width) - 1;
    shift += width;
  });
  return word + 1;
}
