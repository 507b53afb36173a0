/** SCXML as two readers see it that we did not write: an XML parser, and XState 6's importer of SCXML. */
import { JSDOM } from 'jsdom';
import { createActor } from 'scxml-reader';
import { createMachineFromSCXML } from 'scxml-reader/scxml';
import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import {
  BRIDLE_NAMESPACE,
  chartAsScxml,
  readChart,
  SCXML_NAMESPACE,
} from '../../../visualizations/diagrams/index.js';
import { ALL_CHARTS, sparseOverlay } from './all-charts.js';
import { ZOO } from './zoo.js';

const { DOMParser } = new JSDOM('').window;

/** Throws at whatever is not well-formed XML. */
function xmlOf(text: string): Document {
  return new DOMParser().parseFromString(text, 'application/xml');
}

const elements = (root: Document | Element, tag: string): Element[] => [
  ...root.getElementsByTagNameNS(SCXML_NAMESPACE, tag),
];

/** What is read of the importer's machine. */
interface Node {
  readonly id: string;
  readonly type: string;
  readonly history: string | false;
  readonly states: Readonly<Record<string, Node>>;
  readonly transitions: ReadonlyMap<string, readonly Transition[]>;
  readonly always?: readonly Transition[];
}
interface Transition {
  readonly target?: readonly Node[];
  readonly reenter?: boolean;
  readonly guard?: unknown;
}

/**
 * The importer knows invocations of SCXML documents only, which SCXML does not ask for, and hides the
 * targets of transitions with actions inside of functions; so both are taken out for it.
 */
function imported(text: string): readonly Node[] {
  const bare = text.replace(/<invoke [^>]*>/g, '').replace(/<script [^>]*>[^<]*<\/script>/g, '');
  const all = (node: Node): Node[] => [node, ...Object.values(node.states).flatMap(all)];
  const { root } = createMachineFromSCXML(bare) as unknown as { readonly root: Node };
  return all(root).slice(1);
}

/** The importer writes a dollar for the dot of an id. */
const spelled = (id: string) => id.replaceAll('.', '$');

describe.each(ALL_CHARTS)('%s as SCXML', (_, chart) => {
  const document = xmlOf(chartAsScxml(chart));

  it('is well-formed, and has every part of the chart', () => {
    const idOf = (element: Element) =>
      element.getAttributeNS(BRIDLE_NAMESPACE, 'id') ?? element.getAttribute('id');
    const states = ['state', 'parallel', 'final', 'history'].flatMap((tag) =>
      elements(document, tag).map(idOf),
    );
    expect(states.sort()).toEqual(chart.states.map(({ id }) => id).sort());
    const transitions = elements(document, 'transition').map((each) =>
      each.getAttributeNS(BRIDLE_NAMESPACE, 'id'),
    );
    expect(transitions.filter((id) => id !== null)).toEqual(chart.edges.map(({ id }) => id));
    const actions = [
      ...chart.edges.flatMap((edge) => edge.actions),
      ...chart.states.flatMap(({ entry, exit, initial }) => [...entry, ...exit, ...(initial?.actions ?? [])]),
    ];
    expect(elements(document, 'script')).toHaveLength(actions.length);
    expect(elements(document, 'invoke')).toHaveLength(chart.states.flatMap(({ invokes }) => invokes).length);
  });

  it('names things as XML and SCXML allow, each of them once', () => {
    const ids = [...document.querySelectorAll('[id]')].map((element) => element.getAttribute('id')!);
    for (const id of ids) expect(id).toMatch(/^[\p{L}_][\p{L}\p{N}._-]*$/u);
    const states = ['state', 'parallel', 'final', 'history'].flatMap((tag) => elements(document, tag));
    expect(new Set(states.map(({ id }) => id)).size).toBe(chart.states.length);
    for (const event of elements(document, 'transition').map((each) => each.getAttribute('event'))) {
      if (event !== null) expect(event).toMatch(/^(\*|[^\s*]+?(\.\*)?)$/);
    }
    const known = new Set(states.map(({ id }) => id));
    const named = elements(document, 'transition').flatMap(
      (each) => each.getAttribute('target')?.split(' ') ?? [],
    );
    for (const target of named) expect(known).toContain(target);
  });

  it('is imported by XState 6 with the same states, targets, guards and ways of entering', () => {
    const nodes = imported(chartAsScxml(chart));
    expect(nodes.map(({ type, history }) => [type, history])).toEqual(
      chart.states.map(({ kind, history }) => [kind, history ?? false]),
    );
    const ids = new Map(chart.states.map(({ id }, at) => [id, nodes[at]!.id]));
    const read = nodes.flatMap((node) => {
      const listed = [...[...node.transitions.values()].flat(), ...(node.always ?? [])];
      return listed.map(({ target = [], guard, reenter }) => [
        node.id,
        target?.map(({ id }) => id) ?? [],
        guard !== undefined,
        reenter,
      ]);
    });
    const written = chart.edges.map(({ source, targets, guard, reenter }) => [
      ids.get(source),
      targets.map((id) => ids.get(id)),
      guard !== null,
      reenter && targets.length > 0,
    ]);
    const sorted = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).sort();
    expect(sorted(read)).toEqual(sorted(written));
  });

  it('says how often each state and transition was covered', () => {
    const covered = xmlOf(chartAsScxml(chart, { overlay: sparseOverlay(chart) }));
    const counts = elements(covered, 'transition').map((each) =>
      each.getAttributeNS(BRIDLE_NAMESPACE, 'covered'),
    );
    expect(counts.filter((count) => count !== null)).toHaveLength(chart.edges.length);
  });
});

describe('a chart that went through SCXML', () => {
  it('behaves as before, in XState 6', () => {
    const actor = createActor(
      createMachineFromSCXML(chartAsScxml(readChart(ZOO.lamps!))) as never,
    ) as unknown as {
      start(): void;
      send(event: { type: string }): void;
      getSnapshot(): { readonly value: unknown };
    };
    actor.start();
    actor.send({ type: 'BOTH' });
    actor.send({ type: 'L' });
    const side = (name: string, is: string) => ({
      [spelled(`lamps.${name}`)]: spelled(`lamps.${name}.${is}`),
    });
    expect(actor.getSnapshot().value).toEqual({ lamps: { ...side('left', 'off'), ...side('right', 'on') } });
  });
});

describe('what SCXML cannot hold', () => {
  it('given a transition out of a final state, then an error names it', () => {
    const machine = createMachine({
      id: 'm',
      initial: 'a',
      states: { a: { type: 'final', on: { GO: 'a' } } },
    } as never);
    expect(() => chartAsScxml(readChart(machine as never))).toThrow(
      'machine m, state m.a: a transition of a final state has no place in SCXML',
    );
  });

  it('given meta that is no JSON, then an error names it', () => {
    const machine = createMachine({ id: 'm', meta: { at: { since: new Map() } } });
    expect(() => chartAsScxml(readChart(machine))).toThrow(
      'machine m, state m: meta.at.since is an instance of Map',
    );
  });
});
