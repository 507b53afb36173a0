import { describe, expect, it } from 'vitest';
import {
  counterexampleAsMermaid,
  counterexampleAsText,
  overall,
  resultAsText,
  resultsAsJson,
  table,
} from '../../runtime/checker/product/render/index.js';
import { sequenceDiagram } from './mermaid-structure.js';
import {
  HOLDS,
  LASSO,
  message,
  resultOf,
  SAFETY,
  STUTTER,
  story,
  UNKNOWN,
  VACUOUS,
} from './product-results.js';

const widest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));

describe('a result as text', () => {
  it('given that everything holds, then assumptions by value, figures, properties and how much that says', () => {
    const text = resultAsText(resultOf([HOLDS]), { width: 200, colour: false });
    expect(text).toContain(
      'small: loss 1, duplication 0, reorder yes, crashes meta 1, role changes 0, storage timeouts 2, ' +
        'operator none, sizes partitions 2, late messages 1',
    );
    expect(text).toContain('storage keeps the order');
    expect(text).toContain('12,345 states, 67,890 transitions, depth 21');
    expect(text).toContain('0.500 s, 24,690 states/s, 24 bytes/state');
    expect(text).toContain('every one there is under these assumptions');
    expect(text).toMatch(/Monotone {2}holds {4}every step {2}The confirmed decree never decreases\./);
  });

  it('given a bound, then that nothing is proved beyond it', () => {
    const text = resultAsText(resultOf([UNKNOWN], { bound: 'states' }), { width: 200, colour: false });
    expect(text).toContain(
      'explored 12,345 states, bound reached: the limit of states; nothing was found that violates, which ' +
        'proves nothing beyond them',
    );
    expect(text).toMatch(/PerKeyOrder {2}unknown/);
  });

  it('given a violation and a bound, then that there may be more', () => {
    expect(resultAsText(resultOf([SAFETY], { bound: 'interrupted' }))).toContain('what was found is real');
  });

  it('given a property that never met its situation, then that it says nothing', () => {
    const text = resultAsText(resultOf([VACUOUS]));
    expect(text).toMatch(/OwnTable {2}VACUOUS/);
    expect(text).toContain('OwnTable says nothing here: the situation it guards never came up');
  });

  it.each([80, 100, 133])('given %i columns, then no line is longer', (width) => {
    const text = resultAsText(resultOf([SAFETY, LASSO, STUTTER, HOLDS]), { width, colour: false });
    expect(widest(text)).toBeLessThanOrEqual(width);
  });

  it('given colours, then the text is the same without them', () => {
    const result = resultOf([SAFETY, LASSO, HOLDS, VACUOUS, UNKNOWN]);
    const coloured = resultAsText(result, { width: 100, colour: true });
    expect(coloured).toContain('\u001b[31m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
    const bare = coloured.replace(/\u001b\[\d+m/g, '').replace(/ +$/gm, '');
    expect(bare).toBe(resultAsText(result, { width: 100, colour: false }));
  });

  it('given control characters in a model, then they do not reach the terminal', () => {
    const evil = { ...HOLDS, property: 'x\u001b[2J', sentence: 'a\u0007b' };
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(resultAsText(resultOf([evil]))).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});

describe('a counterexample as text', () => {
  it('given a safety violation, then each step, what it sent, and the one process it changed', () => {
    const rows = counterexampleAsText(SAFETY, { width: 200, colour: false }).split('\n');
    const row = (start: string): string | undefined => rows.find((line) => line.startsWith(start));
    expect(rows[0]).toBe('NoGap is violated, 4 steps');
    expect(row('1 ')).toMatch(
      /meta +effect create +CREATE \{table: users, owner: 7\} → follower +DS_INIT → DS_PREPARE$/,
    );
    expect(row('2 ')).toContain(
      'receives CREATE {table: users, owner: 7} from meta, and a copy stays on its way',
    );
    expect(row('3 ')).toContain('loses ANSWER (late) {error: ERR_OK} from follower to meta');
    expect(row('4 ')).toMatch(/meta +crash +DS_PREPARE → down$/);
    expect(row('on its way')).toContain('CREATE {table: users, owner: 7} → follower');
    expect(rows.at(-1)).toBe('why         the follower holds decree 3; 4 is missing.');
  });

  it('given a lasso, then where it begins to repeat', () => {
    const lines = counterexampleAsText(LASSO, { width: 200, colour: false }).split('\n');
    const mark = lines.findIndex((line) => line.includes('from here for ever:'));
    expect(lines[mark - 1]).toMatch(/^1 /);
    expect(lines[mark + 1]).toMatch(/^2 /);
  });

  it('given that nothing more happens, then that, and what nobody receives', () => {
    const text = counterexampleAsText(STUTTER);
    expect(text).toContain('from here nothing more happens, for ever');
    expect(text).toContain('on its way  CREATE {table: users, owner: 7} → follower');
  });

  it('given a long body, then it is cut', () => {
    const long = message('a', 'b', 'BATCH', { rows: 'x'.repeat(500) });
    const steps = story({ a: '1', b: '1' }, [{ process: 'b', what: 'receive', message: long }]);
    const text = counterexampleAsText({ ...SAFETY, counterexample: { steps, loop: null, why: 'so' } });
    expect(text).toContain('…');
    expect(text.length).toBeLessThan(700);
  });
});

describe('a counterexample as a sequence diagram', () => {
  it.each([SAFETY, LASSO, STUTTER])('given $property, then Mermaid can read it', (verdict) => {
    expect(() => sequenceDiagram(counterexampleAsMermaid(verdict))).not.toThrow();
  });

  it('given a safety violation, then arrows for what arrives and a cross for what is lost', () => {
    const { participants, arrows, notes } = sequenceDiagram(counterexampleAsMermaid(SAFETY));
    expect(participants).toEqual(['meta', 'follower']);
    expect(arrows).toEqual([
      {
        from: 'meta',
        to: 'follower',
        arrow: '->>',
        text: expect.stringContaining('2. CREATE'),
        inLoop: false,
      },
      {
        from: 'follower',
        to: 'meta',
        arrow: '--x',
        text: expect.stringContaining('3. ANSWER'),
        inLoop: false,
      },
    ]);
    expect(notes.map(({ text }) => text)).toContain('4. crash<br/>DS_PREPARE → down');
    expect(notes.at(-1)).toMatchObject({ over: ['meta', 'follower'], inLoop: false });
  });

  it('given a lasso, then what repeats is in the loop, and signs of the grammar are escaped', () => {
    const text = counterexampleAsMermaid(LASSO);
    const { arrows, notes, loops } = sequenceDiagram(text);
    expect(loops).toEqual(['for ever']);
    expect(arrows.map(({ inLoop }) => inLoop)).toEqual([true, true]);
    expect(notes.map((note) => note.text)).toContain('1. timer "retry"; #1');
    expect(text).not.toContain('timer "');
  });

  it('given that nothing more happens, then a note over everybody and no loop', () => {
    const { loops, notes } = sequenceDiagram(counterexampleAsMermaid(STUTTER));
    expect(loops).toEqual([]);
    expect(notes.map((note) => note.text)).toContain('nothing more happens, for ever');
  });
});

describe('results as JSON', () => {
  it('given several models, then one row per property, with what it took', () => {
    const json = resultsAsJson([resultOf([HOLDS, SAFETY]), resultOf([LASSO], { model: 'other' })]);
    expect(JSON.parse(JSON.stringify(json))).toEqual(json);
    expect(json).toMatchObject({
      schema: 1,
      verdict: 'violated',
      models: [{ model: 'pair', statesPerSecond: 24_690, assumptions: { loss: 1 } }, { model: 'other' }],
      properties: [
        {
          property: 'Monotone',
          model: 'pair',
          verdict: 'holds',
          states: 12_345,
          transitions: 67_890,
          seconds: 0.5,
          assumptions: 'small',
          counterexample: null,
        },
        { property: 'NoGap', counterexample: { length: 4, loop: null } },
        { property: 'Settles', model: 'other', counterexample: { length: 4 } },
      ],
      notExplored: [],
    });
  });

  it.each([
    ['holds', [HOLDS], {}, true],
    ['violated', [SAFETY, VACUOUS], { bound: 'states' }, true],
    ['vacuous', [HOLDS, VACUOUS], {}, true],
    ['unknown', [HOLDS, UNKNOWN], { bound: 'memory' }, true],
    ['unknown', [HOLDS], {}, false],
  ] as const)('says %s of everything together', (expected, verdicts, more, complete) => {
    expect(overall([resultOf(verdicts, more)], complete)).toBe(expected);
  });
});

describe('a table', () => {
  it('given words longer than a column, then they are broken, and nothing is lost', () => {
    const long = 'x'.repeat(300);
    const text = table(['A', 'B'], [[long, 'short']], { width: 80, colour: false });
    expect(widest(text)).toBeLessThanOrEqual(80);
    expect(text.replace(/[^x]/g, '')).toBe(long);
  });
});
