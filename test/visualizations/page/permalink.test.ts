import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PageStore } from '../../../visualizations/inspector/page/create-store.js';
import { readLink, writeLink } from '../../../visualizations/inspector/page/link/permalink.js';
import { syntheticRecording } from '../../support/recordings.js';

const { header, lines } = syntheticRecording({ moments: 200, seed: 3 });

describe('a permalink', () => {
  it('given anything that can be shown, when its link is opened, then the same is shown', () => {
    const words = fc.array(fc.string(), { maxLength: 3 });
    const shown = fc.record({
      moment: fc.nat(199),
      view: fc.constantFrom('run' as const, 'progress' as const, 'compare' as const),
      selected: fc.option(fc.string({ minLength: 1 })),
      filter: fc.record({
        text: fc.string(),
        actors: words,
        processes: words,
        kinds: words,
        partitions: fc.array(fc.nat(5_000), { maxLength: 3 }),
        hideRoutine: fc.boolean(),
      }),
    });
    fc.assert(
      fc.property(shown, ({ moment, view, selected, filter }) => {
        const store = new PageStore({ header });
        store.append(lines);
        store.goTo(moment);
        store.show(view);
        store.select(selected);
        store.filter(filter);
        expect(readLink(writeLink(store.get()))).toEqual({ moment, view, selected, filter });
      }),
    );
  });

  it('given a run that is followed, then its link leads to the newest moment, whichever that will be', () => {
    const store = new PageStore({ header });
    store.setLive({ connected: true });
    store.append(lines);
    store.follow(true);
    expect(readLink(writeLink(store.get())).moment).toBeNull();
  });

  it('given what somebody has typed, when it is opened, then what makes no sense is left out', () => {
    const typed = '#m=-3&view=nowhere&partition=x&partition=7&unknown=1';
    expect(readLink(typed)).toMatchObject({ moment: null, view: 'run', selected: null });
    expect(readLink(typed).filter.partitions).toEqual([7]);
  });
});
