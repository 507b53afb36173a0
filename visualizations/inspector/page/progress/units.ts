/** Times of a recording in words: real ones, or the steps of a counterexample, which knows no time. */
import type { HeaderLine } from '../../../../runtime/observe/recording/lines.js';
import { durationInWords } from '../../model/quantities.js';

export interface Units {
  duration(length: number): string;
  /** Null where there is no time. */
  seconds(length: number): number | null;
  point(at: number): string;
}

export function inUnits({ beganUs }: HeaderLine): Units {
  if (beganUs === null) {
    return {
      duration: (length) => `${length} ${length === 1 ? 'step' : 'steps'}`,
      seconds: () => null,
      point: (at) => `step ${at}`,
    };
  }
  return {
    duration: durationInWords,
    seconds: (length) => length / 1_000_000,
    point: (at) => `${(at / 1_000_000).toFixed(3)} s`,
  };
}
