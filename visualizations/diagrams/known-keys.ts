/**
 * Keys that XState 5 knows. XState passes over any other in silence, such as the `onEntry` or `cond` of
 * earlier versions or what a later version may bring, and a diagram that did the same would lie.
 */
import { DiagramError } from './diagram-error.js';

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

const KNOWN = {
  state: words(`
    id key type initial history target states entry exit on onDone after always invoke
    output meta tags description route order parent`),
  machine: words('version context options types schemas'),
  transition: words('target guard actions reenter meta description'),
  invoke: words('id src systemId input onDone onError onSnapshot'),
} as const;

type Place = { readonly machine: string; readonly state: string };

/** @throws DiagramError naming the first unknown key */
export function checkKeys(config: unknown, what: readonly (keyof typeof KNOWN)[], place: Place): void {
  if (typeof config !== 'object' || config === null) return;
  for (const [key, value] of Object.entries(config)) {
    if (value === undefined || what.some((each) => KNOWN[each].has(key))) continue;
    throw new DiagramError(
      { ...place, feature: `${what[0]} key "${key}"` },
      'is not one of XState 5, which passes over it: remove it, or rename it as XState 5 has it',
    );
  }
}

/** Every transition of a state's configuration, wherever it stands. */
export function checkTransitionKeys(config: Readonly<Record<string, unknown>>, place: Place): void {
  const check = (transitions: unknown): void => {
    for (const each of Array.isArray(transitions) ? transitions : [transitions]) {
      checkKeys(each, ['transition'], place);
    }
  };
  for (const map of [config.on, config.after]) Object.values(map ?? {}).forEach(check);
  check(config.always);
  check(config.onDone);
  check(config.route);
  for (const invoke of [config.invoke].flat()) {
    checkKeys(invoke, ['invoke'], place);
    const { onDone, onError, onSnapshot } = (invoke ?? {}) as Readonly<Record<string, unknown>>;
    for (const transitions of [onDone, onError, onSnapshot]) check(transitions);
  }
}
