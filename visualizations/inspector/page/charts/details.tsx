/** What there is to know about a state or a transition that was picked in the drawing. */
import type { ComponentChildren } from 'preact';
import type {
  ChartDiagram,
  DiagramAction,
  DiagramEdge,
  DiagramState,
} from '../../../diagrams/chart-diagram.js';
import type { Picked } from './chart-svg.js';
import { nearestMoment } from './edge-history.js';
import { readWaiting } from './words.js';
import './details.css';

interface DetailsProps {
  readonly diagram: ChartDiagram;
  readonly picked: NonNullable<Picked>;
  /** Moments at which this actor took each transition. */
  readonly history: ReadonlyMap<string, readonly number[]>;
  readonly cursor: number;
  readonly onPick: (picked: Picked) => void;
  readonly onGo: (moment: number) => void;
}

export function Details(props: DetailsProps): ComponentChildren {
  const { diagram, picked, onPick } = props;
  const state = diagram.states.find(({ id }) => picked.what === 'state' && id === picked.id);
  const edge = diagram.edges.find(({ id }) => picked.what === 'edge' && id === picked.id);
  return (
    <section class="charts-details" aria-label={`About ${picked.id}`}>
      <button type="button" class="charts-close" aria-label="Close details" onClick={() => onPick(null)}>
        ×
      </button>
      {state !== undefined && <AboutState {...props} state={state} />}
      {edge !== undefined && <AboutEdge {...props} edge={edge} />}
    </section>
  );
}

function AboutState({
  diagram,
  state,
  history,
  onPick,
}: DetailsProps & { readonly state: DiagramState }): ComponentChildren {
  const waiting = readWaiting(state);
  const out = diagram.edges.filter(({ source }) => source === state.id);
  return (
    <>
      <h3>{state.parent === null ? state.id : state.key}</h3>
      <p class="charts-kind">
        {state.kind} state{state.tags.length > 0 ? `, tagged ${state.tags.join(', ')}` : ''}
      </p>
      {state.description !== null && <p>{state.description}</p>}
      <dl>
        {waiting !== null && (
          <>
            <Fact name="waits for">{waiting.waitingFor}</Fact>
            <Fact name="from">{waiting.from}</Fact>
            <Fact name="leaves when">{waiting.leavesWhen}</Fact>
            {waiting.operatorCan.length > 0 && (
              <Fact name="you can">
                {waiting.operatorCan.map((verb) => (
                  <code key={verb}>bridle {verb} </code>
                ))}
              </Fact>
            )}
          </>
        )}
        <Actions name="on entry" actions={state.entry} />
        <Actions name="on exit" actions={state.exit} />
        {state.invokes.length > 0 && (
          <Fact name="runs">
            {state.invokes.map(({ id, logic }) => (id === logic ? id : `${id} (${logic})`)).join(', ')}
          </Fact>
        )}
      </dl>
      {out.length > 0 && (
        <ul aria-label="Transitions">
          {out.map((edge) => (
            <li key={edge.id}>
              <button type="button" onClick={() => onPick({ what: 'edge', id: edge.id })}>
                {edgeInWords(edge, diagram)}
                <span class="charts-times">×{history.get(edge.id)?.length ?? 0}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function AboutEdge({
  diagram,
  edge,
  history,
  cursor,
  onPick,
  onGo,
}: DetailsProps & { readonly edge: DiagramEdge }): ComponentChildren {
  const moments = history.get(edge.id) ?? [];
  const before = nearestMoment(moments, cursor, -1);
  const after = nearestMoment(moments, cursor, 1);
  return (
    <>
      <h3>{edge.label}</h3>
      <p class="charts-kind">
        {'from '}
        <button type="button" class="charts-link" onClick={() => onPick({ what: 'state', id: edge.source })}>
          {short(edge.source, diagram)}
        </button>
        {edge.targets.length === 0
          ? ', which is not left'
          : ` to ${edge.targets.map((target) => short(target, diagram)).join(' and ')}`}
        {edge.reenter ? ', entered again' : ''}
      </p>
      {edge.description !== null && <p>{edge.description}</p>}
      <dl>
        {edge.guard !== null && (
          <Fact name="only if">
            <code>{edge.guard}</code>
          </Fact>
        )}
        <Actions name="does" actions={edge.actions} />
        <Fact name="here">
          {moments.length === 0
            ? 'never taken by this actor'
            : `taken ${moments.length.toLocaleString('en')} times by this actor`}
        </Fact>
      </dl>
      <div class="charts-jump">
        <button type="button" disabled={before === null} onClick={() => before !== null && onGo(before)}>
          ← taken before
        </button>
        <button type="button" disabled={after === null} onClick={() => after !== null && onGo(after)}>
          taken next →
        </button>
      </div>
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Actions({ name, actions }: { readonly name: string; readonly actions: readonly DiagramAction[] }) {
  if (actions.length === 0) return null;
  return (
    <Fact name={name}>
      {actions.map((action, at) => (
        <code key={at}>
          {action.name}
          {action.params === null ? '' : `(${action.params})`}{' '}
        </code>
      ))}
    </Fact>
  );
}

/** Without the machine's own name in front. */
export function short(id: string, diagram: ChartDiagram): string {
  return id.startsWith(`${diagram.id}.`) ? id.slice(diagram.id.length + 1) : id;
}

/** `FOLLOWER_REPLY [verdict({ is: 'absent' })] → asking.requesting` */
export function edgeInWords(edge: DiagramEdge, diagram: ChartDiagram): string {
  const guard = edge.guard === null ? '' : ` [${edge.guard}]`;
  const target =
    edge.targets.length === 0 ? '' : ` → ${edge.targets.map((id) => short(id, diagram)).join(' + ')}`;
  return `${edge.label}${guard}${target}`;
}
