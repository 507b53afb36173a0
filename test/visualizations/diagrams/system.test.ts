import { readFileSync } from 'node:fs';
import { Graphviz } from '@hpcc-js/wasm-graphviz';
import { JSDOM } from 'jsdom';
import { describe, expect, it } from 'vitest';
import { RPC } from '../../../runtime/pegasus/codes.js';
import { VirtualClusters } from '../../../runtime/simulation/index.js';
import { OUR_CHARTS } from '../../../visualizations/diagrams/ours.js';
import { readChart } from '../../../visualizations/diagrams/read-chart.js';
import { conversationsOf } from '../../../visualizations/diagrams/system/conversations.js';
import {
  systemAsDot,
  systemAsMermaid,
  systemAsSvg,
  systemDiagram,
} from '../../../visualizations/diagrams/system/index.js';
import { systemPicture } from '../../../visualizations/diagrams/system/picture.js';
import {
  CHARTS_RUN_IN,
  type ChartName,
  EFFECTS,
  type EffectRow,
  NOT_SENT,
  OTHER_WAYS,
} from '../../../visualizations/diagrams/system/table.js';

const CHARTS = Object.keys(OUR_CHARTS) as ChartName[];
const system = systemDiagram();
const processOf = (id: string): string => id.split('/')[0]!;

describe('given the table of effects', () => {
  it('then it has every chart, and each effect of each chart once', () => {
    expect(Object.keys(CHARTS_RUN_IN).sort()).toEqual([...CHARTS].sort());
    const asked = conversationsOf(CHARTS);
    for (const chart of CHARTS) {
      const { states, edges } = readChart(OUR_CHARTS[chart]!);
      const actions = [
        ...states.flatMap(({ entry, exit }) => [...entry, ...exit]),
        ...edges.flatMap((edge) => edge.actions),
      ];
      const written = actions.filter(({ kind }) => kind === 'effect').map(({ name }) => name);
      const all = [...new Set([...written, ...asked.get(chart)!.effects])].sort();
      expect(Object.keys(EFFECTS[chart]).sort(), chart).toEqual(all);
    }
  });

  it('then every event that a chart takes comes from somewhere in the picture', () => {
    for (const chart of CHARTS) {
      const { states, edges } = readChart(OUR_CHARTS[chart]!);
      const actions = [
        ...states.flatMap(({ entry, exit }) => [...entry, ...exit]),
        ...edges.flatMap((edge) => edge.actions),
      ];
      const raised = actions.some(({ name }) => name === 'askFor') ? ['ALTER'] : [];
      const outcomes = Object.values<EffectRow>(EFFECTS[chart]).flatMap((row) => row.outcomes);
      const told = system.links
        .filter(({ to }) => to.endsWith(`/${chart}`))
        .flatMap(({ kind, names, tells }) => (kind === 'event' ? names : tells));
      const brought = system.links
        .filter(({ from }) => from.endsWith(`/${chart}`))
        .flatMap(({ brings }) => brings);
      const taken = edges.filter(({ kind }) => kind === 'event').map(({ event }) => event);
      const known = [...raised, ...outcomes, ...told, ...brought, ...(NOT_SENT[chart] ?? [])];
      expect([...new Set(known)].sort(), chart).toEqual([...new Set(taken)].sort());
    }
  });

  it('then its ports and its RPCs exist', () => {
    const ports = ['../../../actors/ports.ts', '../../../actors/ports/fileCopy.ts']
      .map((path) => readFileSync(new URL(path, import.meta.url), 'utf8'))
      .join('\n');
    const rows = Object.values(EFFECTS).flatMap((each) => Object.values<EffectRow>(each));
    for (const { port, repliesTo = [] } of rows) {
      if (port !== 'host') expect(ports).toContain(`export interface ${port} `);
      for (const code of repliesTo) expect(RPC).toHaveProperty(code);
    }
    for (const { names } of system.links.filter(({ kind }) => kind === 'rpc')) {
      for (const code of names) expect(RPC).toHaveProperty(code);
    }
  });
});

describe('given a simulated duplication that is carried out and removed', async () => {
  const sent = await requestsOfADuplication();
  const pictured = system.links
    .filter(({ kind }) => kind === 'rpc')
    .flatMap(({ names, from, to, when }) =>
      names.map((code) => ({ code, from: processOf(from), to: processOf(to), when })),
    );

  it('then every request between servers is in the picture, between the same processes', () => {
    const known = new Set(pictured.map(({ code, from, to }) => `${code} ${from} → ${to}`));
    const between = [...sent].filter((request) => !/ (client|operator) →/.test(request));
    expect(between.filter((request) => !known.has(request))).toEqual([]);
  });

  it('then every request in the picture was seen, unless the table says when it is sent', () => {
    const missing = pictured
      .filter(({ when }) => when === null)
      // People and clients announce no address, so the network knows them as clients both.
      .map(({ code, from, to }) => `${code} ${from === 'operator' ? 'client' : from} → ${to}`)
      .filter((request) => !sent.has(request));
    expect(missing).toEqual([]);
  });
});

/** As `CODE source meta → follower meta`. */
async function requestsOfADuplication(): Promise<ReadonlySet<string>> {
  const clusters = await VirtualClusters.start({ seed: 1 });
  const sent = new Set<string>();
  const role = (server: string): string =>
    server
      .replace('east/', 'source ')
      .replace('west/', 'follower ')
      .replace(/replica-\d+/, 'replica');
  clusters.world.messageRules.push(({ what, code, from, to }) => {
    if (what === 'request') sent.add(`${code} ${role(from)} → ${role(to)}`);
    return undefined;
  });
  await clusters.createTable('users', 2);
  await clusters.put('users', 'ada', 'born', '1815');
  const id = await clusters.addDuplication('users', { dropFollowerOnRemove: true });
  await clusters.until('DS_LOG', ({ visible }) => visible?.status === 'DS_LOG');
  await clusters.put('users', 'grace', 'born', '1906');
  await clusters.advance(5_000);
  await clusters.world.drive(clusters.operator.duplications('users'));
  await clusters.modifyDuplication('users', id, { status: 'DS_REMOVED' });
  await clusters.until('the removal', ({ visible }) => visible === null || visible.status === 'DS_REMOVED');
  await clusters.advance(2_000);
  return sent;
}

describe('given the picture of the system', () => {
  it('then Graphviz draws it with every part and every link', async () => {
    const graphviz = await Graphviz.load();
    const { objects, edges } = JSON.parse(graphviz.layout(systemAsDot(system), 'json', 'dot'));
    const names = objects.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(system.parts.map(({ id }) => id)));
    expect(edges).toHaveLength(system.links.length);
  });

  it('then Mermaid understands it', async () => {
    Object.assign(globalThis, { window: new JSDOM('').window, document: new JSDOM('').window.document });
    const { default: mermaid } = await import('mermaid');
    expect(await mermaid.parse(systemAsMermaid(system))).toMatchObject({ diagramType: 'flowchart-v2' });
  });

  it('then the SVG is well formed, has what is drawn and tells what is not, and is the same each time', async () => {
    const svg = await systemAsSvg(system);
    const document = new new JSDOM('').window.DOMParser().parseFromString(svg, 'image/svg+xml');
    expect(document.querySelector('parsererror')).toBeNull();
    const { parts, ways, leftOut } = systemPicture(system);
    expect(document.querySelectorAll('g.part')).toHaveLength(parts.length);
    expect(document.querySelectorAll('g.label')).toHaveLength(ways.length);
    const remark = document.querySelector('g.remark')!.textContent!.replaceAll(/\s/g, '');
    for (const words of leftOut) expect(remark).toContain(words.replaceAll(/\s/g, ''));
    expect(await systemAsSvg(systemDiagram())).toBe(svg);
  });
});

describe('given ways that are no effects', () => {
  it('then each begins and ends at a part of the picture', () => {
    const ids = system.parts.map(({ id }) => id);
    for (const { from, to } of OTHER_WAYS) expect(ids).toEqual(expect.arrayContaining([from, to]));
  });
});
