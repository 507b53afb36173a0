/** What is read of XState's machines and state nodes. */
import type { DiagramState } from './chart-diagram.js';

type Meta = Readonly<Record<string, unknown>>;

export interface Implementations {
  readonly actions: Readonly<Record<string, unknown>>;
  readonly guards: Readonly<Record<string, unknown>>;
  readonly delays: Readonly<Record<string, unknown>>;
}

export interface MachineView {
  readonly root: NodeView;
  readonly version?: string;
  readonly implementations: Implementations;
}

export interface NodeView {
  readonly id: string;
  readonly key: string;
  readonly type: DiagramState['kind'];
  readonly parent?: NodeView;
  readonly config: Readonly<Record<string, unknown>>;
  readonly states: Readonly<Record<string, NodeView>>;
  readonly history: 'shallow' | 'deep' | false;
  readonly initial: TransitionView & { readonly target: readonly NodeView[] };
  readonly description?: string;
  readonly tags: readonly string[];
  readonly meta?: Meta;
  readonly entry: readonly unknown[];
  readonly exit: readonly unknown[];
  readonly output?: unknown;
  readonly invoke: readonly {
    readonly id: string;
    readonly src: string;
    readonly systemId?: string;
    readonly input?: unknown;
  }[];
  readonly transitions: ReadonlyMap<string, readonly TransitionView[]>;
  readonly always?: readonly TransitionView[];
}

export interface TransitionView {
  readonly source: NodeView;
  readonly target?: readonly NodeView[];
  readonly eventType: string;
  readonly guard?: unknown;
  readonly actions: readonly unknown[];
  readonly reenter: boolean;
  readonly description?: string;
  readonly meta?: Meta;
  /** Of an `after`: milliseconds or the name of a delay. */
  readonly delay?: number | string;
}
