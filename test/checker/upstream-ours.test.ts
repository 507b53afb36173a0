/**
 * Our charts under the assumptions under which upstream's show a defect: the same faults, the same requests.
 *
 * The product of our charts is large, so a test run explores the beginning of it, breadth first, and finds
 * no violation there. `OURS_STATES=3000000` explores more; what then ends without a bound is a proof.
 */
import { expect, it } from 'vitest';
import { check } from '../../runtime/checker/product/index.js';
import { duplicationModel } from '../../runtime/checker/product/ours/index.js';
import { GALLERY } from '../upstream/index.js';

const MAX_STATES = Number(process.env.OURS_STATES ?? 20_000);

interface Question {
  readonly assume: Parameters<typeof duplicationModel>[0];
  readonly defects: string[];
  readonly properties: Set<string>;
}

/** Entries with the same assumptions are one exploration. */
const questions = new Map<string, Question>();
for (const { id, ours } of GALLERY) {
  if ('instead' in ours) continue;
  const text = JSON.stringify(ours.assume);
  const question = questions.get(text) ?? { assume: ours.assume, defects: [], properties: new Set() };
  question.defects.push(id);
  question.properties.add(ours.property);
  questions.set(text, question);
}
const CASES = [...questions.values()].map((question) => ({ ...question, name: question.defects.join(', ') }));

it.each(CASES)(
  'given what $name take, when our charts are explored, then nothing is violated',
  async ({ assume, properties }) => {
    const { verdicts, bound } = await check(duplicationModel(assume), {
      properties: [...properties],
      maxStates: MAX_STATES,
      partialOrder: true,
    });
    const expected = bound === null ? ['holds'] : ['holds', 'unknown'];
    for (const { property, verdict, vacuous } of verdicts) {
      expect(expected, property).toContain(verdict);
      expect(bound === null && vacuous, `${property} is vacuous`).toBe(false);
    }
  },
  600_000,
);
