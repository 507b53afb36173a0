/** Actions as they stand in a machine's configuration, as text. */
import type { DiagramAction, DiagramActor } from './chart-diagram.js';
import { DiagramError } from './diagram-error.js';
import { COMPUTED, functionText, valueText, valueTextOrNull } from './value-text.js';

/** Where an action stands, for messages; and what the machine knows by name. */
export interface ActionPlace {
  readonly machine: string;
  readonly state: string;
  readonly actions: Readonly<Record<string, unknown>>;
}

/** XState's own actions are functions with their arguments as fields. */
interface Builtin {
  readonly type: string;
  readonly event?: unknown;
  readonly to?: unknown;
  readonly id?: unknown;
  readonly delay?: unknown;
  readonly src?: unknown;
  readonly systemId?: unknown;
  readonly input?: unknown;
  readonly syncSnapshot?: unknown;
  readonly actorRef?: unknown;
  readonly sendId?: unknown;
  readonly value?: unknown;
  readonly label?: unknown;
  readonly assignment?: unknown;
}

type Kind = DiagramAction['kind'];

/** Name for people, and what stands between the brackets. */
const BUILTINS: Readonly<Record<string, { kind: Kind; name: string; params: (action: Builtin) => string }>> =
  {
    'xstate.assign': { kind: 'assign', name: 'assign', params: ({ assignment }) => valueText(assignment) },
    'xstate.raise': {
      kind: 'raise',
      name: 'raise',
      params: (action) => withOptions([eventText(action)], action),
    },
    'xstate.sendTo': {
      kind: 'send',
      name: 'sendTo',
      params: (action) => withOptions([actorText(action.to), eventText(action)], action),
    },
    'xstate.spawnChild': {
      kind: 'spawn',
      name: 'spawnChild',
      params: ({ src, id, systemId, input, syncSnapshot }) => {
        const options = { id, systemId, input, syncSnapshot: syncSnapshot === true ? true : undefined };
        const given = valueTextOrNull(options);
        return [logicText(src), ...(given === null ? [] : [given])].join(', ');
      },
    },
    'xstate.stopChild': { kind: 'stop', name: 'stopChild', params: ({ actorRef }) => actorText(actorRef) },
    'xstate.cancel': { kind: 'cancel', name: 'cancel', params: ({ sendId }) => actorText(sendId) },
    'xstate.emit': { kind: 'emit', name: 'emit', params: eventText },
    'xstate.log': {
      kind: 'log',
      name: 'log',
      params: ({ value, label }) =>
        [label, value]
          .filter((part) => part !== undefined)
          .map(valueText)
          .join(', '),
    },
    'xstate.enqueueActions': { kind: 'choose', name: 'enqueueActions', params: () => COMPUTED },
  };

/** @throws DiagramError for an action of XState's that is not known here */
export function readAction(action: unknown, place: ActionPlace): DiagramAction {
  if (typeof action === 'function') {
    if (isBuiltin(action)) {
      const { kind, name, params } = builtin(action, place);
      return { name, params: params(action), kind, does: null };
    }
    return {
      name: functionText(action, ['actions', 'entry', 'exit']),
      params: null,
      kind: 'effect',
      does: null,
    };
  }
  const { type, params } = (typeof action === 'string' ? { type: action } : (action ?? {})) as {
    readonly type?: unknown;
    readonly params?: unknown;
  };
  if (typeof type !== 'string') {
    throw new DiagramError(
      { ...place, feature: 'an action' },
      'is neither a name, an object with a type, nor a function',
    );
  }
  const found = resolved(type, place.actions);
  const known = isBuiltin(found) ? builtin(found, place) : null;
  return {
    name: type,
    params: valueTextOrNull(params),
    kind: known?.kind ?? 'effect',
    does: known === null ? null : doing(known.name, known.params(found as Builtin)),
  };
}

/** Nothing is told by `assign(…)` beyond the kind. */
const doing = (name: string, params: string): string | null =>
  params === COMPUTED ? null : `${name}(${params})`;

/** What an action spawns, or null. */
export function readSpawned(action: unknown, { actions }: ActionPlace): DiagramActor | null {
  const { type } = (typeof action === 'object' && action !== null ? action : {}) as {
    readonly type?: string;
  };
  const name = typeof action === 'string' ? action : type;
  const found = typeof action === 'function' ? action : name === undefined ? null : resolved(name, actions);
  if (!isBuiltin(found) || found.type !== 'xstate.spawnChild') return null;
  return {
    id: found.id === undefined ? COMPUTED : nameText(found.id),
    logic: logicText(found.src),
    how: 'spawned',
    systemId: found.systemId === undefined ? null : nameText(found.systemId),
    input: valueTextOrNull(found.input),
  };
}

/** Whether it is the timer that XState itself adds for an `after`; the edge tells of that. */
export function isTimerOf(action: unknown, state: string): boolean {
  if (!isBuiltin(action)) return false;
  const id =
    action.type === 'xstate.raise' ? action.id : action.type === 'xstate.cancel' ? action.sendId : null;
  return typeof id === 'string' && id.startsWith('xstate.after.') && id.endsWith(`.${state}`);
}

/** Key of an actor's logic, or what can be said of logic given in place. */
export function logicText(src: unknown): string {
  if (typeof src === 'string') return src.startsWith('xstate.invoke.') ? 'inline' : src;
  const { id } = (typeof src === 'object' && src !== null ? src : {}) as { readonly id?: unknown };
  return typeof id === 'string' ? `inline ${id}` : 'inline';
}

function isBuiltin(action: unknown): action is Builtin & { readonly name: string } {
  return typeof action === 'function' && typeof (action as unknown as Partial<Builtin>).type === 'string';
}

function builtin(action: Builtin, place: ActionPlace) {
  const known = BUILTINS[action.type];
  if (known === undefined)
    throw new DiagramError({ ...place, feature: `action ${action.type}` }, 'is not known');
  return known;
}

/** An implementation may itself be the name of another. */
function resolved(name: string, actions: Readonly<Record<string, unknown>>): unknown {
  const found = Object.hasOwn(actions, name) ? actions[name] : undefined;
  return typeof found === 'string' && found !== name ? resolved(found, actions) : found;
}

function eventText({ event }: Builtin): string {
  if (typeof event === 'string') return event;
  if (typeof event !== 'object' || event === null) return COMPUTED;
  const { type, ...rest } = event as { readonly type?: unknown };
  if (typeof type !== 'string') return COMPUTED;
  return Object.keys(rest).length === 0 ? type : valueText(event);
}

function actorText(target: unknown): string {
  if (target === '#_parent') return 'parent';
  if (target === '#_internal') return 'self';
  if (typeof target === 'object' && target !== null && typeof (target as { id?: unknown }).id === 'string') {
    return (target as { id: string }).id;
  }
  return nameText(target);
}

const nameText = (name: unknown): string => (typeof name === 'string' ? name : COMPUTED);

function withOptions(parts: readonly string[], { id, delay }: Builtin): string {
  const options = valueTextOrNull({ id, delay: typeof delay === 'number' ? `${delay} ms` : delay });
  return [...parts, ...(options === null ? [] : [options])].join(', ');
}
