/** SPEC.md and the code name each other: no item without code and proof, no citation without an item. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const SPEC = readFileSync(join(ROOT, 'SPEC.md'), 'utf8');
const ID = /\b[SL]-[A-Z]+-\d+\b/g;

interface Item {
  readonly id: string;
  readonly text: string;
}

const items: readonly Item[] = SPEC.split(/^### /m)
  .slice(1)
  .map((section) => ({
    id: /^[SL]-[A-Z]+-\d+/.exec(section)?.[0] ?? '',
    text: section.split(/^## /m)[0] ?? '',
  }));

const sources = ['machines', 'actors', 'runtime', 'visualizations', 'test', 'bench', 'examples']
  .filter((folder) => existsSync(join(ROOT, folder)))
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(ts|mjs)$/.test(file) && !file.includes('node_modules'))
      .map((file) => `${folder}/${file}`),
  );

const filesOf = (item: Item, label: 'Enforced by' | 'Proven by'): readonly string[] => {
  const line = item.text.split('\n').find((each) => each.startsWith(`- ${label}:`)) ?? '';
  return [...line.matchAll(/`([^`]+\.(?:ts|mjs))`/g)].map((match) => match[1] ?? '');
};

describe('every item', () => {
  it('given the items, then each has an id of its own', () => {
    expect(items.length).toBeGreaterThanOrEqual(15);
    expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
    for (const { id } of items) expect(id).toMatch(/^[SL]-[A-Z]+-\d+$/);
  });

  it.each(items)('given $id, then it names code and proof that exist, or says what is missing', (item) => {
    const code = filesOf(item, 'Enforced by');
    const proof = filesOf(item, 'Proven by');
    expect(code.length, 'no code').toBeGreaterThan(0);
    for (const file of [...code, ...proof]) expect(existsSync(join(ROOT, file)), file).toBe(true);
    if (proof.length === 0) expect(item.text).toContain('not proven yet');
  });
});

describe('every citation', () => {
  it.each(sources)('given %s, then the items it cites exist', (file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    const known = new Set(items.map(({ id }) => id));
    // Only where the specification is meant: `SPEC S-…`, or a list of ids after one.
    for (const [cited] of text.matchAll(ID)) expect(known, `${file} cites ${cited}`).toContain(cited);
    for (const [, name] of text.matchAll(/SPEC `(\w+)`/g)) expect(SPEC).toContain(`(\`${name}\`)`);
  });
});
