import { describe, expect, it, vi } from 'vitest';
import type { Json } from '../../../runtime/observe/recording/lines.js';
import type { LaidOutChart } from '../../../visualizations/diagrams/laid-out-chart.js';
import { OUR_CHARTS } from '../../../visualizations/diagrams/ours.js';
import { readChart } from '../../../visualizations/diagrams/read-chart.js';
import { RecordingIndex } from '../../../visualizations/inspector/model/recording-index.js';
import { PageStore, type Portion } from '../../../visualizations/inspector/page/create-store.js';
import { syntheticRecording } from '../../support/recordings.js';

const { header, lines } = syntheticRecording({ moments: 3_000, seed: 11 });

function storeWith(moments = lines.length, mostMoments?: number): PageStore {
  const store = new PageStore({ header, ...(mostMoments === undefined ? {} : { mostMoments }) });
  store.append(lines.slice(0, moments));
  return store;
}

describe('the cursor', () => {
  it('given a recording, when it is opened, then it stands at the first moment', () => {
    expect(storeWith().get()).toMatchObject({ cursor: 0, following: false, playing: false });
  });

  it('given a moment that is not there, when gone to, then it stands at the nearest that is', () => {
    const store = storeWith();
    store.goTo(1e9);
    expect(store.get().cursor).toBe(store.get().length - 1);
    store.goTo(-5);
    expect(store.get().cursor).toBe(-1);
  });

  it('given a filter, when stepping, then every stop passes it, and back leads the same way', () => {
    const store = storeWith();
    store.filter({ kinds: ['RPC_BRIDLE_NODE_SYNC'] });
    const { index, filter } = store.get();
    const stops: number[] = [];
    for (let step = 0; step < 5; step += 1) {
      store.step(1);
      stops.push(store.get().cursor);
    }
    expect(stops.every((moment) => index.passes(moment, filter))).toBe(true);
    expect(new Set(stops).size).toBe(5);
    store.step(-1);
    expect(store.get().cursor).toBe(stops[3]);
  });

  it('given the last moment, when playing steps on, then playing ends', () => {
    const store = storeWith();
    store.goTo(store.get().length - 1);
    store.play(true);
    store.step(1);
    expect(store.get()).toMatchObject({ playing: false, cursor: store.get().length - 1 });
  });
});

describe('a live run', () => {
  function live(mostMoments?: number): PageStore {
    const store = new PageStore({ header, ...(mostMoments === undefined ? {} : { mostMoments }) });
    store.expectMore(true);
    store.setLive({ connected: true, control: true, faults: [] }, () => {});
    store.open(header, []);
    return store;
  }

  it('given it is followed, when lines come, then the cursor is at the newest; a step ends that', () => {
    const store = live();
    store.follow(true);
    store.append(lines.slice(0, 500));
    expect(store.get().cursor).toBe(store.get().length - 1);
    store.step(-1);
    store.append(lines.slice(500, 600));
    expect(store.get()).toMatchObject({ following: false, cursor: store.get().length - 102 });
  });

  it('given a link to a moment that has not come, when it comes, then the cursor goes there', () => {
    const store = live();
    store.goTo(400);
    store.append(lines.slice(0, 200));
    expect(store.get().cursor).toBe(0);
    store.append(lines.slice(200, 600));
    expect(store.get().cursor).toBe(400);
  });

  it('given the connection was lost, when the run comes in again, then it is shown where it was', () => {
    const store = live();
    store.append(lines.slice(0, 1_000));
    store.goTo(700);
    store.select('east meta/duplication/3');
    store.open(header, []);
    store.append(lines.slice(0, 300));
    store.append(lines.slice(300, 1_200));
    expect(store.get()).toMatchObject({ cursor: 700, selected: 'east meta/duplication/3' });
  });

  it('given it was followed over a lost connection, when following ends, then the cursor stays', () => {
    const store = live();
    store.append(lines.slice(0, 1_000));
    store.follow(true);
    store.open(header, []);
    store.append(lines.slice(0, 1_500));
    store.follow(false);
    const { cursor } = store.get();
    store.append(lines.slice(1_500));
    expect(store.get().cursor).toBe(cursor);
  });

  it('given another run comes instead, then nothing is left of what was picked in the one before', () => {
    const store = live();
    store.append(lines.slice(0, 1_000));
    store.goTo(700);
    store.select('east meta/duplication/3');
    store.open({ ...header, beganUs: 5 }, []);
    store.append(lines);
    expect(store.get()).toMatchObject({ cursor: 0, selected: null });
  });

  it('given a command without permission, when it is given, then it is not sent and the page says why', () => {
    const sent: string[] = [];
    const store = live();
    store.setLive({ control: false }, (name) => sent.push(name));
    store.command('pause');
    expect(store.get().notice).toContain('--control');
    store.setLive({ control: true, connected: false });
    store.command('pause');
    expect(store.get().notice).toContain('Not connected');
    store.setLive({ connected: true });
    store.command('pause');
    expect(sent).toEqual(['pause']);
  });

  it('given more moments than a page keeps, then the oldest go and everything else stays as it was', () => {
    const most = 1_000;
    const whole = storeWith();
    const store = live(most);
    store.follow(true);
    for (let at = 0; at < lines.length; at += 90) {
      store.append(lines.slice(at, at + 90));
      const { length, dropped, index, cursor } = store.get();
      expect(length).toBeLessThanOrEqual(most);
      const moment = cursor + dropped;
      const [kept, all] = [index.at(cursor), whole.get().index.at(moment)];
      expect(index.moment(cursor).line).toEqual(whole.get().index.moment(moment).line);
      for (const [key, actor] of all.actors) {
        if (actor.alive)
          expect(kept.actors.get(key)).toMatchObject({ state: actor.state, context: actor.context });
      }
      expect(kept.partitions).toEqual(all.partitions);
      expect(kept.explanations).toEqual(all.explanations);
    }
    expect(store.get().dropped).toBeGreaterThan(0);
  });
});

describe('a live run that goes on while its oldest moments are let go', () => {
  it('given it is followed, then at each moment it shows what the whole run has there', () => {
    const run = syntheticRecording({ moments: 30_000, seed: 5 });
    const whole = new RecordingIndex(run.header);
    whole.append(run.lines);
    const store = new PageStore({ header: run.header, mostMoments: 10_000 });
    store.setLive({ connected: true, control: false, faults: [] }, () => {});
    store.follow(true);
    for (let at = 0; at < run.lines.length; at += 300) {
      store.append(run.lines.slice(at, at + 300));
      const { cursor, dropped, index } = store.get();
      expect(index.moment(cursor).line).toEqual(whole.moment(cursor + dropped).line);
    }
    const { cursor, dropped, length, index } = store.get();
    expect(dropped).toBeGreaterThan(15_000);
    expect(length).toBeLessThan(13_000);
    for (const [key, actor] of whole.at(cursor + dropped).actors) {
      if (actor.alive) expect(index.at(cursor).actors.get(key)?.context).toEqual(actor.context);
    }
  });
});

describe('a long recording', () => {
  it('given more moments than are kept of a live run, then all of them are shown', () => {
    expect(storeWith(lines.length, 1_000).get()).toMatchObject({ dropped: 0, length: 3_000 });
  });
});

describe('a recording that is read bit by bit', () => {
  async function* portions(size: number): AsyncGenerator<Portion> {
    for (let at = 0; at < lines.length; at += size) {
      yield { lines: lines.slice(at, at + size), share: Math.min(1, (at + size) / lines.length) };
    }
  }

  it('given a part of it, then it can be stepped through; the rest makes it as if read at once', async () => {
    const store = new PageStore({ header });
    const rest = portions(100);
    await store.read(rest, 1_000);
    expect(store.get()).toMatchObject({ cursor: 0 });
    expect(store.get().length).toBeLessThan(3_000);
    store.step(1);
    await store.read(rest);
    const { index, cursor, length, reading } = store.get();
    expect({ cursor, length, reading }).toEqual({ cursor: 1, length: 3_000, reading: null });
    expect(index.at(2_999)).toEqual(storeWith().get().index.at(2_999));
  });

  it('given the end was asked for, when all of it is there, then the cursor is at its very end', async () => {
    const store = new PageStore({ header });
    const rest = portions(100);
    await store.read(rest, 1_000);
    store.goTo(Number.POSITIVE_INFINITY);
    expect(store.get().cursor).toBe(store.get().length - 1);
    await store.read(rest);
    expect(store.get().cursor).toBe(2_999);
  });

  it('given another one is opened meanwhile, then the first is read no further', async () => {
    const store = new PageStore({ header });
    const rest = portions(100);
    await store.read(rest, 1_000);
    const reading = store.read(rest);
    store.open({ ...header, title: 'other' }, lines.slice(0, 50));
    const { length } = store.get();
    await reading;
    expect(store.get()).toMatchObject({ length, reading: null });
  });

  it('given it cannot be read to its end, then what came before is shown and the reader hears of it', async () => {
    async function* torn(): AsyncGenerator<Portion> {
      yield { lines: lines.slice(0, 500), share: 0.5 };
      throw new Error('torn');
    }
    const store = new PageStore({ header });
    await expect(store.read(torn())).rejects.toThrow('torn');
    expect(store.get().length).toBeGreaterThan(400);
    expect(store.get().reading).toBe(null);
  });
});

describe('a search that takes long', () => {
  const long = syntheticRecording({ moments: 30_000, seed: 5 });

  it('given words, then what is found grows until every moment was looked at', async () => {
    const store = new PageStore({ header: long.header });
    store.append(long.lines);
    store.filter({ text: 'err_timeout' });
    await vi.waitFor(() => expect(store.get().matches.looked).toBe(30_000), { timeout: 20_000 });
    const { index, filter, matches } = store.get();
    expect(matches.count).toBe(matches.moments?.length);
    const whole = new RecordingIndex(long.header);
    whole.append(long.lines);
    expect(index.matching(filter)).toEqual(whole.matching(filter));
    expect(matches.moments).toEqual(whole.matching(filter));
  });

  it('given it has not come far, when going to the next match from the end back, then it is found', () => {
    const store = new PageStore({ header: long.header });
    store.append(long.lines);
    store.filter({ text: 'err_timeout' });
    store.goTo(29_999);
    store.step(-1);
    const { index, filter, cursor } = store.get();
    expect(cursor).toBe(index.matching(filter).findLast((moment) => moment < 29_999));
  });
});

describe('another recording', () => {
  it('given filter and selection, when it is opened, then it begins at its beginning without them', () => {
    const store = storeWith();
    store.goTo(100);
    store.filter({ text: 'nothing like it' });
    store.select('east meta/duplication/3');
    expect(store.get().matches.count).toBe(0);
    store.open({ ...header, title: 'other' }, lines.slice(0, 50));
    expect(store.get()).toMatchObject({ cursor: 0, selected: null, filter: { text: '' } });
    expect(store.get().matches.count).toBe(store.get().length);
  });
});

describe('charts with places', () => {
  const chartOf = (id: string, state: string): LaidOutChart => ({
    diagram: {
      ...diagram,
      id,
      states: [{ ...diagram.states[0]!, id: state, kind: 'atomic', initial: null }],
      edges: [],
    },
    width: 10,
    height: 10,
    states: [],
    edges: [],
  });
  const diagram = readChart(OUR_CHARTS.followerTable!);

  it('given a recording whose charts look different, when it is opened, then those places are not used', () => {
    const store = new PageStore({ header, charts: [chartOf('same', 's'), chartOf('other', 's')] });
    const line = (chart: string, state: string) =>
      ({ t: 'chart', chart, diagram: chartOf(chart, state).diagram as unknown as Json }) as const;
    store.open(header, [line('same', 's'), line('other', 'renamed')]);
    expect([...store.get().charts.keys()]).toEqual(['same']);
  });
});

describe('whoever reads the state', () => {
  it('given a listener, when anything changes, then it hears of it until it ends that', () => {
    const store = storeWith();
    let heard = 0;
    const end = store.subscribe(() => {
      heard += 1;
    });
    store.goTo(3);
    store.show('progress');
    expect(heard).toBe(2);
    end();
    store.goTo(4);
    expect(heard).toBe(2);
  });
});
