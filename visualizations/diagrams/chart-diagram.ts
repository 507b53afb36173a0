/** What a chart consists of, as data: every exporter and the inspector draw from this and nothing else. */

/** An action, with its parameters as text where they are fixed: `alter({ to: 'DS_APP' })`. */
export interface DiagramAction {
  readonly name: string;
  /** Of fixed parameters; null where there are none, `…` where they are computed. */
  readonly params: string | null;
  /** What XState's own actions do; `effect` is everything else. */
  readonly kind:
    | 'effect'
    | 'assign'
    | 'raise'
    | 'send'
    | 'spawn'
    | 'stop'
    | 'cancel'
    | 'emit'
    | 'log'
    | 'choose';
}

/** An actor that lives as long as a state, or that an action spawns. */
export interface DiagramActor {
  readonly id: string;
  /** Key under which the machine knows its logic. */
  readonly logic: string;
  readonly how: 'invoked' | 'spawned';
}

export interface DiagramState {
  /** XState's: `followerTable.asking.looking`. */
  readonly id: string;
  readonly key: string;
  /** Null for the machine itself. */
  readonly parent: string | null;
  readonly kind: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  readonly history: 'shallow' | 'deep' | null;
  /** Id of the initial child of a compound state, and what is done on the way there. */
  readonly initial: { readonly target: string; readonly actions: readonly DiagramAction[] } | null;
  readonly description: string | null;
  readonly tags: readonly string[];
  /** As the chart has it; `waitingFor`, `from`, `leavesWhen` and `operatorCan` are those of StateMeta. */
  readonly meta: Readonly<Record<string, unknown>> | null;
  readonly entry: readonly DiagramAction[];
  readonly exit: readonly DiagramAction[];
  readonly invokes: readonly DiagramActor[];
  /** Of a final state. */
  readonly hasOutput: boolean;
}

export interface DiagramEdge {
  /** As transitionIds gives it. */
  readonly id: string;
  readonly source: string;
  /** None: the state is not left. Several: regions of a parallel state. */
  readonly targets: readonly string[];
  readonly kind: 'event' | 'wildcard' | 'after' | 'always' | 'done' | 'error' | 'snapshot';
  /** For people: `FOLLOWER_REPLY`, `after requestDeadline`, `done followerTable`, `always`, `any event`. */
  readonly label: string;
  /** Descriptor as XState has it. */
  readonly event: string;
  /** `verdict({ is: 'absent' })`, `and(repeatable, not(stale))`. */
  readonly guard: string | null;
  readonly actions: readonly DiagramAction[];
  /** The source is left and entered again although the target is inside of it. */
  readonly reenter: boolean;
  readonly description: string | null;
}

/** @example readChart(followerTable).states[0].id // 'followerTable' */
export interface ChartDiagram {
  /** The machine's id. */
  readonly id: string;
  readonly description: string | null;
  /** In document order; the first is the machine itself. */
  readonly states: readonly DiagramState[];
  /** In document order of their sources. */
  readonly edges: readonly DiagramEdge[];
  /** Everything that any state or action of it starts. */
  readonly actors: readonly DiagramActor[];
}
