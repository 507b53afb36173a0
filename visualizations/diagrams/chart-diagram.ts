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
  /** For a named action made of one of XState's own, what that does: `sendTo(watchdog, EXPECT)`; else null. */
  readonly does: string | null;
}

/** An actor that lives as long as a state, or that an action spawns. */
export interface DiagramActor {
  readonly id: string;
  /** Key under which the machine knows its logic. */
  readonly logic: string;
  readonly how: 'invoked' | 'spawned';
  /** Name under which the whole system of actors knows it. */
  readonly systemId: string | null;
  /** As text where it is fixed; null where there is none, `…` where it is computed. */
  readonly input: string | null;
}

export interface DiagramInitial {
  readonly target: string;
  readonly actions: readonly DiagramAction[];
  readonly description: string | null;
  readonly meta: Readonly<Record<string, unknown>> | null;
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
  readonly initial: DiagramInitial | null;
  /** Where a history state leads before there is any history; none: to the parent's initial state. */
  readonly historyDefault: readonly string[];
  readonly description: string | null;
  readonly tags: readonly string[];
  /** As the chart has it; `waitingFor`, `from`, `leavesWhen` and `operatorCan` are those of StateMeta. */
  readonly meta: Readonly<Record<string, unknown>> | null;
  readonly entry: readonly DiagramAction[];
  readonly exit: readonly DiagramAction[];
  readonly invokes: readonly DiagramActor[];
  /** Of a final state, and of the machine. */
  readonly hasOutput: boolean;
  /** As text where it is fixed; null where there is none, `…` where it is computed. */
  readonly output: string | null;
}

export interface DiagramEdge {
  /** As transitionIds gives it. */
  readonly id: string;
  readonly source: string;
  /** None: the state is not left. Several: regions of a parallel state. */
  readonly targets: readonly string[];
  /** In a picture of a part: where it leads that is not in this picture. */
  readonly leads?: string;
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
  readonly meta: Readonly<Record<string, unknown>> | null;
}

/** @example readChart(followerTable).states[0].id // 'followerTable' */
export interface ChartDiagram {
  /** The machine's id. */
  readonly id: string;
  /** As the machine states it. */
  readonly version: string | null;
  readonly description: string | null;
  /** In document order; the first is the machine itself. */
  readonly states: readonly DiagramState[];
  /** In document order of their sources. */
  readonly edges: readonly DiagramEdge[];
  /** Everything that any state or action of it starts. */
  readonly actors: readonly DiagramActor[];
}
