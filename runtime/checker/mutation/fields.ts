/**
 * Fields that are forgotten: of assignments, parameters, events, inputs of children, and single things
 * that `enqueueActions` enqueues. Which there are is seen by watching the machine run, since most of them
 * come out of functions.
 */
import type { AnyStateMachine } from 'xstate';
import { built, type Draft, draftOf } from './draft.js';
import type { Plan } from './mutant.js';
import { actionName, type Rewrite, rewritten, through, without } from './parts.js';

/** By place: names of fields, and of what was enqueued. */
export type FieldsSeen = ReadonlyMap<
  string,
  { readonly fields: Set<string>; readonly enqueued: Set<string> }
>;

/** A place where records are made: how to name it, and how to change what is made there. */
interface Place {
  readonly where: string;
  readonly change: (draft: Draft, rewrite: Rewrite, admit?: (name: string) => boolean) => void;
}

function placesOf(draft: Draft): readonly Place[] {
  const inline = draft.actions.map(({ where, list, index }, number): Place => {
    const position = list.length > 1 ? `[${index}]` : '';
    return {
      where: `${where} ${actionName(list[index])}${position}`,
      change: (edited, rewrite, admit) => {
        const site = edited.actions[number]!;
        site.list[site.index] = rewritten(site.list[site.index], rewrite, admit);
      },
    };
  });
  const named = Object.keys(draft.implementations.actions).map(
    (name): Place => ({
      where: name,
      change: ({ implementations: { actions } }, rewrite, admit) => {
        actions[name] = rewritten(actions[name], rewrite, admit);
      },
    }),
  );
  const inputs = draft.invokes.map(
    ({ where }, number): Place => ({
      where,
      change: (edited, rewrite) => {
        const { invoke } = edited.invokes[number]!;
        if (invoke.input !== undefined) invoke.input = through(invoke.input, rewrite);
      },
    }),
  );
  return [...inline, ...named, ...inputs];
}

/**
 * A copy of the machine that notes which fields it makes; run it for a while before you read `seen`.
 * @example
 * const { machine, seen } = watched(door);
 */
export function watched(given: AnyStateMachine): { machine: AnyStateMachine; seen: FieldsSeen } {
  const draft = draftOf(given);
  const seen = new Map<string, { fields: Set<string>; enqueued: Set<string> }>();
  for (const { where, change } of placesOf(draft)) {
    const note = { fields: new Set<string>(), enqueued: new Set<string>() };
    seen.set(where, note);
    change(
      draft,
      (record) => {
        for (const field of Object.keys(record)) if (field !== 'type') note.fields.add(field);
        return record;
      },
      (name) => {
        note.enqueued.add(name);
        return true;
      },
    );
  }
  return { machine: built(draft), seen };
}

export function* forgottenFields(draft: Draft, seen: FieldsSeen): Generator<Plan> {
  for (const { where, change } of placesOf(draft)) {
    const { fields = [], enqueued = [] } = seen.get(where) ?? {};
    for (const field of [...fields].sort()) {
      yield {
        operator: 'forget-field',
        where: `${where}.${field}`,
        sentence: `${field} is forgotten`,
        edit: (edited) => change(edited, without(field)),
      };
    }
    for (const name of [...enqueued].sort()) {
      yield {
        operator: 'drop-action',
        where: `${where}, ${name}`,
        sentence: `${name} is not enqueued`,
        edit: (edited) =>
          change(
            edited,
            (record) => record,
            (other) => other !== name,
          ),
      };
    }
  }
}
