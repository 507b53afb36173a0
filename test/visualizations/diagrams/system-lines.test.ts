import { describe, expect, it } from 'vitest';
import { layOutSystem } from '../../../visualizations/diagrams/system/lay-out-system.js';
import { systemPicture } from '../../../visualizations/diagrams/system/picture.js';
import { systemDiagram } from '../../../visualizations/diagrams/system/system-diagram.js';
import { boxAround, crossings } from './crossings.js';

const system = systemDiagram();
const picture = systemPicture(system);
const places = await layOutSystem(picture);
const paths = places.ways.map(({ way, path }) => ({ name: `${way.from} to ${way.to}`, points: path }));
/** Where a text of 11 pixels is 9 high on a page of 1,200. */
const WIDEST_PX = 1_460;

describe('given the picture of the system', () => {
  it('then every link is drawn, or told as left out', () => {
    const drawn = picture.ways.map(({ from, to }) => [from, to].sort().join());
    for (const { from, to, names, when } of system.links) {
      const told = picture.leftOut.some((words) =>
        words.includes(`${names.join(', ')} from ${from} to ${to}`),
      );
      const inPicture = when === null && drawn.includes([from, to].sort().join());
      expect(told !== inPicture, `${from} to ${to}`).toBe(true);
    }
  });

  it('then everything that a drawn link carries is written at it', () => {
    for (const { from, to, names, tells, brings, when } of system.links) {
      const way = picture.ways.find(
        (each) => [each.from, each.to].sort().join() === [from, to].sort().join(),
      );
      if (way === undefined || when !== null) continue;
      const words = way.lines.map(({ text }) => text).join('\n');
      for (const word of [...names, ...tells, ...brings]) expect(words).toContain(word);
    }
  });

  it('then it can be read on a page', () => {
    expect(places.width).toBeLessThanOrEqual(WIDEST_PX);
  });

  it('then the source stands left of the follower, and meta servers above replica servers', () => {
    const box = (id: string) => places.parts.find(({ part }) => part.id === id)!;
    expect(box('source meta/duplication').x).toBeLessThan(box('follower meta/table').x);
    expect(box('source meta/duplication').y).toBeLessThan(box('source replica/partitionDuplicator').y);
    expect(box('follower meta/table').y).toBeLessThan(box('follower replica/checkpointTransfer').y);
  });

  it('then no line runs through a part, or through a title', () => {
    const parts = places.parts.map(({ part, ...box }) => ({ name: part.id, ...box }));
    const titles = places.frames.map(({ texts }, i) => boxAround(`title ${i}`, texts));
    expect(crossings(paths, [...parts, ...titles], () => false)).toEqual([]);
  });

  it('then no line runs through the label of another', () => {
    const labels = places.ways.map(({ way, label }) => ({ name: `${way.from} to ${way.to}`, ...label }));
    expect(crossings(paths, labels, (line, label) => line === label)).toEqual([]);
  });
});
