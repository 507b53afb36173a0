/** Whom the charts start and what they tell each other, found by exploring them. */
import { type Effect, explore, OUR_MODELS } from '../../../runtime/checker/paths/index.js';
import { OUR_CHARTS } from '../ours.js';
import { readChart } from '../read-chart.js';
import { ACTOR_OF_CHILD, type ChartName } from './table.js';

/** Name of a chart, or of an actor that is none. */
export type Child = string;

export interface Conversations {
  readonly children: readonly Child[];
  readonly sends: readonly { readonly event: string; readonly to: Child }[];
  /** Effects that were seen to be asked for. */
  readonly effects: readonly string[];
}

/** What charts tell shows early; a test sees to it that this many states are enough. */
const STATES_EXPLORED = 250;

export function conversationsOf(charts: readonly ChartName[]): ReadonlyMap<ChartName, Conversations> {
  const heard = new Map(charts.map((chart) => [chart, heardFrom(chart)]));
  const parentOf = (child: ChartName): ChartName | undefined =>
    charts.find((chart) => heard.get(chart)?.children.has(child));
  return new Map(
    [...heard].map(([chart, { children, sends, effects }]) => [
      chart,
      {
        children: [...children],
        effects: [...effects],
        sends: sends.flatMap(({ event, to }) => {
          const receiver = to === 'parent' ? parentOf(chart) : to;
          return receiver === undefined ? [] : [{ event, to: receiver }];
        }),
      },
    ]),
  );
}

function heardFrom(chart: ChartName) {
  const { machine, options } = OUR_MODELS[chart]!;
  const { actors } = readChart(OUR_CHARTS[chart]!);
  const found = explore(machine, { ...options, maxStates: STATES_EXPLORED, purityEvery: 0 });
  const logic = (child: string): Child =>
    actors.find(({ id }) => id === child)?.logic ??
    Object.entries(ACTOR_OF_CHILD).find(([prefix]) => child.startsWith(prefix))?.[1] ??
    child;
  const children = new Set<Child>(actors.map((actor) => actor.logic));
  const effects = new Set<string>();
  const sends = new Map<string, { event: string; to: Child }>();
  const note = ({ kind, name, to = '' }: Effect): void => {
    if (kind === 'spawn') children.add(logic(name));
    if (kind === 'do') effects.add(name);
    if (kind === 'send') sends.set(`${name} ${to}`, { event: name, to: to === 'parent' ? to : logic(to) });
  };
  for (const step of [...found.starts, ...found.edges]) step.effects.forEach(note);
  return { children, effects, sends: [...sends.values()] };
}
