/**
 * A chart as SCXML 1.0 (https://www.w3.org/TR/scxml/). What SCXML has an element for is written with it; the
 * rest is in attributes and elements of a namespace of our own, so that nothing is lost:
 *
 *   cond="guard(&quot;and(repeatable, not(stale))&quot;)"   the guard's text, for a host that knows guards
 *   <script bridle:name="note" …>action("note")</script>   an action, for a host that knows actions
 *   bridle:id, bridle:event                               names that SCXML cannot spell, as the chart has them
 *   bridle:tags, bridle:meta                              JSON
 */
import type {
  ChartDiagram,
  DiagramAction,
  DiagramActor,
  DiagramEdge,
  DiagramInitial,
  DiagramState,
} from './chart-diagram.js';
import { actionText, ChartTree } from './chart-text.js';
import { DiagramError } from './diagram-error.js';
import { checkMeta } from './json.js';
import { checkOverlay, type Overlay } from './overlay.js';
import { delayOf, eventName, idName } from './scxml-names.js';
import { type Attributes, element } from './scxml-xml.js';

export const SCXML_NAMESPACE = 'http://www.w3.org/2005/07/scxml';
export const BRIDLE_NAMESPACE = 'urn:bridle:chart:1';

/**
 * @throws DiagramError for an overlay that does not fit, and for what neither SCXML nor JSON can hold
 * @example chartAsScxml(readChart(door)).includes('<state id="door.open">') // true
 */
export function chartAsScxml(
  chart: ChartDiagram,
  { overlay }: { readonly overlay?: Overlay | undefined } = {},
): string {
  if (overlay !== undefined) checkOverlay(chart, overlay);
  const attributes = {
    xmlns: SCXML_NAMESPACE,
    'xmlns:bridle': BRIDLE_NAMESPACE,
    version: '1.0',
    name: chart.id.replace(/\s+/g, '_'),
    datamodel: 'ecmascript',
    initial: idName(chart.states[0]!.id),
    'bridle:version': chart.version,
  };
  const writer = new ScxmlWriter(chart, overlay);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('scxml', attributes, writer.state(writer.root))}\n`;
}

class ScxmlWriter {
  readonly #chart: ChartDiagram;
  readonly #tree: ChartTree;
  readonly #overlay: Overlay | undefined;

  constructor(chart: ChartDiagram, overlay: Overlay | undefined) {
    this.#chart = chart;
    this.#tree = new ChartTree(chart);
    this.#overlay = overlay;
  }

  get root(): DiagramState {
    return this.#tree.root;
  }

  state(state: DiagramState): string[] {
    const { id, kind } = state;
    const name = { id: idName(id), 'bridle:id': idName(id) === id ? null : id };
    if (kind === 'history')
      return [element('history', { ...name, type: state.history }, this.#history(state))];
    const tag = kind === 'parallel' ? 'parallel' : kind === 'final' ? 'final' : 'state';
    if (tag === 'final') this.#refuse(state);
    const attributes: Attributes = {
      ...name,
      initial: state.initial !== null && isPlain(state.initial) ? idName(state.initial.target) : null,
      'bridle:key': idName(id).endsWith(state.key) ? null : state.key,
      'bridle:output': state.output,
      ...this.#said(state, state.id, 'meta'),
      'bridle:tags': state.tags.length === 0 ? null : JSON.stringify(state.tags),
      'bridle:covered': this.#overlay === undefined ? null : String(this.#overlay.states[id] ?? 0),
    };
    return [element(tag, attributes, this.#content(state))];
  }

  #content(state: DiagramState): string[] {
    const edges = this.#tree.edges(state);
    const timers = [...new Set(edges.filter(({ kind }) => kind === 'after').map(({ event }) => event))];
    const start = timers.map((event) => {
      const delay = delayOf(event, state.id);
      const fixed = /^\d+ms$/.test(delay);
      return element('send', {
        id: timerName(event),
        event: eventName(event),
        delay: fixed ? delay : null,
        delayexpr: fixed ? null : `delay(${JSON.stringify(delay)})`,
      });
    });
    const stop = timers.map((event) => element('cancel', { sendid: timerName(event) }));
    return [
      ...this.#initial(state),
      ...block('onentry', [...state.entry.map(actionElement), ...start]),
      ...block('onexit', [...state.exit.map(actionElement), ...stop]),
      ...state.invokes.map(invokeElement),
      ...edges.map((edge) => this.#transition(edge, state)),
      ...this.#tree.children(state).flatMap((child) => this.state(child)),
    ];
  }

  #initial({ id, initial }: DiagramState): string[] {
    if (initial === null || isPlain(initial)) return [];
    const attributes = { target: idName(initial.target), ...this.#said(initial, id, 'meta of initial') };
    return [element('initial', {}, [element('transition', attributes, initial.actions.map(actionElement))])];
  }

  #transition(edge: DiagramEdge, state: DiagramState): string {
    const event = edge.kind === 'always' ? null : eventName(edge.event);
    const attributes = {
      event,
      cond: edge.guard === null ? null : `guard(${JSON.stringify(edge.guard)})`,
      target: edge.targets.length === 0 ? null : edge.targets.map(idName).join(' '),
      // External is SCXML's default; XState re-enters only when asked to.
      type: edge.reenter || edge.targets.length === 0 ? null : 'internal',
      'bridle:id': edge.id,
      'bridle:event': event === null || event === edge.event ? null : edge.event,
      ...this.#said(edge, state.id, `meta of ${edge.label}`),
      'bridle:covered': this.#overlay === undefined ? null : String(this.#overlay.transitions[edge.id] ?? 0),
    };
    return element('transition', attributes, edge.actions.map(actionElement));
  }

  /** SCXML wants a default; XState's own is where the parent begins. */
  #history(state: DiagramState): string[] {
    const parent = this.#tree.state(state.parent!);
    const regions = this.#tree.children(parent).filter(({ kind }) => kind !== 'history');
    const usual = parent.initial === null ? regions.map(({ id }) => id) : [parent.initial.target];
    const targets = state.historyDefault.length > 0 ? state.historyDefault : usual;
    const implied = state.historyDefault.length === 0 ? 'true' : null;
    return [element('transition', { target: targets.map(idName).join(' '), 'bridle:implied': implied })];
  }

  #said(
    { description, meta }: Pick<DiagramEdge, 'description' | 'meta'>,
    state: string,
    feature: string,
  ): Attributes {
    if (meta !== null) checkMeta(meta, this.#chart.id, state, feature);
    return { 'bridle:description': description, 'bridle:meta': meta === null ? null : JSON.stringify(meta) };
  }

  /** SCXML's final states do nothing but enter, and XState's can do no more, whatever is written there. */
  #refuse(state: DiagramState): void {
    const feature =
      state.invokes.length > 0 ? 'invoke' : this.#tree.edges(state).length > 0 ? 'a transition' : null;
    if (feature === null) return;
    throw new DiagramError(
      { machine: this.#chart.id, state: state.id, feature: `${feature} of a final state` },
      'has no place in SCXML and no effect in XState: remove it',
    );
  }
}

/** An XML name, where an event may have a star. */
const timerName = (event: string): string => idName(event);

function block(tag: string, content: readonly string[]): string[] {
  return content.length === 0 ? [] : [element(tag, {}, content)];
}

const isPlain = ({ actions, description, meta }: DiagramInitial): boolean =>
  actions.length === 0 && description === null && meta === null;

function actionElement(action: DiagramAction): string {
  const { name, params, kind, does } = action;
  const attributes = {
    'bridle:name': name,
    'bridle:params': params,
    'bridle:kind': kind,
    'bridle:does': does,
  };
  return element('script', attributes, [], `action(${JSON.stringify(actionText(action))})`);
}

function invokeElement({ id, logic, systemId, input }: DiagramActor): string {
  const attributes = { id: idName(id), type: 'bridle:actor', src: `#${encodeURIComponent(logic)}` };
  return element('invoke', {
    ...attributes,
    'bridle:id': idName(id) === id ? null : id,
    'bridle:logic': logic,
    'bridle:systemId': systemId,
    'bridle:input': input,
  });
}
