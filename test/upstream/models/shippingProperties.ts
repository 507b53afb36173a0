/** What is promised about log shipping. */
import type { Json, Property } from '../../../runtime/checker/product/model.js';
import type { SourceLocal } from './shipping.js';

export interface FollowerLocal {
  /** Decrees, in their order. */
  readonly applied: readonly number[];
  /** Decree of the write that each key holds. */
  readonly values: Readonly<Record<string, number>>;
}

interface SourceView {
  readonly last: number;
  readonly written: number;
  /** Decrees up to the shipped one that the follower has to have. */
  readonly due: readonly number[];
  readonly damaged: number;
  readonly lost: number;
  readonly aborted: boolean;
  readonly paused: boolean;
}

export function shippingProperties(keys: readonly string[]): readonly Property[] {
  const source = {
    source: ({ log, shipper, damaged, lost, aborted, paused }: SourceLocal): Json => {
      const { last } = shipper.context;
      const due = log.filter(({ decree, kind }) => kind === 'put' && decree <= last);
      const view: SourceView = {
        last,
        written: log.length,
        due: due.map(({ decree }) => decree),
        damaged: damaged.filter((decree) => decree <= last).length,
        lost,
        aborted: aborted !== null,
        paused,
      };
      return view as unknown as Json;
    },
  };
  const both = { ...source, follower: ({ applied }: FollowerLocal): Json => [...applied] };
  const seenAt = (seen: Readonly<Record<string, Json>>) => seen.source as unknown as SourceView;
  return [
    {
      name: 'NoGap',
      sentence: 'Every mutation up to the shipped decree is applied at the follower.',
      kind: 'state',
      over: both,
      holds: (seen) => seenAt(seen).due.every((decree) => (seen.follower as number[]).includes(decree)),
      situation: (seen) => seenAt(seen).due.length > 0,
    },
    {
      name: 'PerKeyOrder',
      sentence: 'For each key the follower applies the writes in the order of the source.',
      kind: 'step',
      over: {
        follower: ({ values }: FollowerLocal): Json => ({ ...values }),
      },
      holds: (before, after) =>
        keys.every((key) => (decreeAt(before, key) ?? 0) <= (decreeAt(after, key) ?? 0)),
      situation: (before, after) => keys.some((key) => decreeAt(before, key) !== decreeAt(after, key)),
    },
    {
      name: 'NoAbort',
      sentence: 'Nothing that can be in a log ends the process that ships it.',
      kind: 'state',
      over: source,
      holds: (seen) => !seenAt(seen).aborted,
      situation: (seen) => seenAt(seen).written > 0,
    },
    {
      name: 'LossMeansAlarm',
      sentence: 'A mutation that was passed over because it cannot be read is counted.',
      kind: 'state',
      over: source,
      holds: (seen) => seenAt(seen).damaged <= seenAt(seen).lost,
      situation: (seen) => seenAt(seen).damaged > 0,
    },
    {
      name: 'WrittenLeadsToShipped',
      sentence: 'What is written is shipped, without further writes.',
      kind: 'leadsTo',
      over: source,
      from: (seen) => seenAt(seen).last < seenAt(seen).written && !seenAt(seen).paused,
      to: (seen) => seenAt(seen).last === seenAt(seen).written || seenAt(seen).paused,
    },
  ];
}

const decreeAt = (values: Json, key: string): number | undefined =>
  (values as Readonly<Record<string, number>>)[key];
