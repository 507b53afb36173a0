/**
 * Our charts under the assumptions under which upstream's show a defect: the same faults, the same requests.
 * Each exploration is complete.
 */
import { expect, it } from 'vitest';
import { check } from '../../runtime/checker/product/index.js';
import { duplicationModel } from '../../runtime/checker/product/ours/index.js';
import { GALLERY } from '../upstream/index.js';

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
  'given what $name take, when our charts are explored, then every property in question holds',
  async ({ assume, properties }) => {
    const { verdicts, bound } = await check(duplicationModel(assume), {
      properties: [...properties],
    });
    expect(bound).toBeNull();
    for (const { property, verdict, vacuous } of verdicts) {
      expect({ property, verdict, vacuous }).toEqual({ property, verdict: 'holds', vacuous: false });
    }
  },
  600_000,
);
