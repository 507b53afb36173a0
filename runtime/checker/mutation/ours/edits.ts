/** Edits that domain mutants are made of: another guard, another action, other events or inputs. */
import type { Draft } from '../draft.js';
import type { Plan } from '../mutant.js';
import { type Rewrite, rewritten, through } from '../parts.js';

type Loose = Record<string, unknown>;
type Args<Context, Event> = { readonly context: Context; readonly event: Event };
type Guard = (args: unknown, params: unknown) => boolean;
type Edit = Plan['edit'];

export const domain = (where: string, sentence: string, edit: Edit): Plan => ({
  operator: 'domain',
  where,
  sentence,
  edit,
});

/** The named guard sees another context and event than there are. */
export const guardSees =
  <Context, Event>(name: string, see: (args: Args<Context, Event>) => Args<Context, Event>): Edit =>
  ({ implementations: { guards } }) => {
    const original = guards[name] as Guard;
    guards[name] = (args: Args<Context, Event>, params: unknown) => original(see(args), params);
  };

/** Another guard under the same name; `original` is the one it replaces. */
export const guardIs =
  <Context, Event, Params = unknown>(
    name: string,
    holds: (args: Args<Context, Event>, params: Params, original: () => boolean) => boolean,
  ): Edit =>
  ({ implementations: { guards } }) => {
    const original = guards[name] as Guard;
    guards[name] = (args: Args<Context, Event>, params: Params) =>
      holds(args, params, () => original(args, params));
  };

/** What the named action assigns goes through `change`. */
export const assigns =
  <Context, Event>(
    name: string,
    change: (given: Partial<Context>, args: Args<Context, Event>) => Loose,
  ): Edit =>
  ({ implementations: { actions } }) => {
    const original = actions[name] as (() => void) & { assignment: (...all: unknown[]) => Loose };
    const assignment = (args: Args<Context, Event>, params: unknown): Loose =>
      change(original.assignment(args, params) as Partial<Context>, args);
    actions[name] = Object.assign(() => {}, original, { assignment });
  };

/** The named assignment sees another context and event than there are. */
export const assignmentSees =
  <Context, Event>(name: string, see: (args: Args<Context, Event>) => Args<Context, Event>): Edit =>
  ({ implementations: { actions } }) => {
    const original = actions[name] as (() => void) & { assignment: (...all: unknown[]) => Loose };
    const assignment = (args: Args<Context, Event>, params: unknown): Loose =>
      original.assignment({ ...args, ...see(args) }, params);
    actions[name] = Object.assign(() => {}, original, { assignment });
  };

/** Parameters of an effect go through `rewrite`, wherever the effect is asked for. */
export const effectSays =
  (name: string, rewrite: Rewrite): Edit =>
  ({ actions }: Draft) => {
    for (const { list, index } of actions) {
      if ((list[index] as { type?: string }).type === name) list[index] = rewritten(list[index], rewrite);
    }
  };

/** Parameters of an effect are made from another context and event than there are. */
export const effectSees =
  <Context, Event>(name: string, see: (args: Args<Context, Event>) => Args<Context, Event>): Edit =>
  ({ actions }: Draft) => {
    for (const { list, index } of actions) {
      const action = list[index] as { type?: string; params?: unknown };
      if (action.type !== name || typeof action.params !== 'function') continue;
      const params = action.params as (args: unknown) => unknown;
      list[index] = { ...action, params: (args: Args<Context, Event>) => params(see(args)) };
    }
  };

/** The context at the start goes through `change`. */
export const startsWith =
  (change: Rewrite): Edit =>
  ({ config }: Draft) => {
    config.context = through(config.context, change);
  };

/** Edits that belong together. */
export const together =
  (...edits: readonly Edit[]): Edit =>
  (draft) => {
    for (const edit of edits) edit(draft);
  };
