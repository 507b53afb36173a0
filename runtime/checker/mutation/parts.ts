/**
 * What an action hands on: fields of an assignment, of its parameters, of an event, and what
 * `enqueueActions` enqueues. Each can be looked at while it runs, and be changed.
 */

/** Called with every record that an action makes; what it returns is used instead. */
export type Rewrite = (record: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
/** Asked before something is enqueued, by name: `assign`, `spawnChild fileCopy`, `do announce`. */
export type Admit = (name: string) => boolean;

type Evaluate = (args: unknown, params: unknown) => unknown;
type Loose = Record<string, unknown>;

interface Builtin {
  readonly type: string;
  readonly assignment?: unknown;
  readonly event?: unknown;
  readonly collect?: (args: { readonly enqueue: Enqueue }, params: unknown) => void;
}
type Enqueue = ((action: unknown) => void) & Record<string, (...args: unknown[]) => void>;

const isBuiltin = (action: unknown): action is Builtin & (() => void) =>
  typeof action === 'function' && 'resolve' in action;

/** `assign`, `raise`, or the name that the chart gives it. */
export function actionName(action: unknown): string {
  if (typeof action === 'string') return action;
  if (isBuiltin(action)) return action.type.replace('xstate.', '');
  return typeof action === 'function' ? action.name || '(anonymous)' : (action as { type: string }).type;
}

/** A copy of the action whose records go through `rewrite`; the action itself if it makes none. */
export function rewritten(action: unknown, rewrite: Rewrite, admit: Admit = () => true): unknown {
  if (isBuiltin(action)) return rewrittenBuiltin(action, rewrite, admit);
  if (typeof action !== 'object' || action === null) return action;
  const { params, ...rest } = action as { params?: unknown };
  return params === undefined ? action : { ...rest, params: through(params, rewrite) };
}

function rewrittenBuiltin(action: Builtin & (() => void), rewrite: Rewrite, admit: Admit): unknown {
  const copy = (changed: Loose): unknown => Object.assign(() => {}, action, changed);
  switch (action.type) {
    case 'xstate.assign':
      return copy({ assignment: through(action.assignment, rewrite, fieldwise) });
    case 'xstate.raise':
    case 'xstate.sendTo':
    case 'xstate.emit':
      return copy({ event: through(action.event, rewrite) });
    case 'xstate.enqueueActions': {
      const { collect } = action;
      return copy({
        collect: (args: { enqueue: Enqueue }, params: unknown) =>
          collect?.({ ...args, enqueue: intercepted(args.enqueue, rewrite, admit) }, params),
      });
    }
    default:
      return action;
  }
}

/** An expression of xstate is a value or a function of `args` and `params`. */
export function through(
  expression: unknown,
  rewrite: Rewrite,
  evaluate: (value: unknown, args: unknown, params: unknown) => unknown = (value) => value,
): Evaluate {
  return (args, params) => {
    const value =
      typeof expression === 'function'
        ? (expression as Evaluate)(args, params)
        : evaluate(expression, args, params);
    return typeof value === 'object' && value !== null ? rewrite(value as Loose) : value;
  };
}

/** `assign({ field: expression })` */
function fieldwise(assignment: unknown, args: unknown, params: unknown): unknown {
  return Object.fromEntries(
    Object.entries(assignment as Loose).map(([key, value]) => [
      key,
      typeof value === 'function' ? (value as Evaluate)(args, params) : value,
    ]),
  );
}

function intercepted(enqueue: Enqueue, rewrite: Rewrite, admit: Admit): Enqueue {
  const own = (action: unknown): void => {
    if (admit(`do ${actionName(action)}`)) enqueue(rewritten(action, rewrite, admit));
  };
  const rest = Object.fromEntries(
    Object.keys(enqueue).map((kind) => [
      kind,
      (first: unknown, ...more: unknown[]): void => {
        const name = typeof first === 'string' && kind !== 'stopChild' ? `${kind} ${first}` : kind;
        if (!admit(name)) return;
        enqueue[kind]!(kind === 'assign' ? through(first, rewrite, fieldwise) : first, ...more);
      },
    ]),
  );
  return Object.assign(own, rest) as Enqueue;
}

/** Leaves one field out. */
export const without =
  (field: string): Rewrite =>
  (record) => {
    const { [field]: _, ...rest } = record;
    return rest;
  };
