/** The context of one chart of a troupe, for its host. */
import type { TroupeState } from './troupe.js';
import { noteRun } from './troupe-watch.js';

/** The state with an actor's context rewritten: how hosts keep numbers that only have to differ small. */
export function withContext<Context>(
  state: TroupeState,
  actor: string,
  rewrite: (context: Context) => Context,
): TroupeState {
  const position = state[actor];
  if (position === undefined) return state;
  const context = rewrite(position.snapshot.context as Context);
  if (context === position.snapshot.context) return state;
  const rewritten = { ...state, [actor]: { ...position, snapshot: { ...position.snapshot, context } } };
  noteRun({ from: state, to: rewritten, acts: [] });
  return rewritten;
}

/** An actor's context, undefined when it is not there. */
export function contextOf<Context>(state: TroupeState, actor: string): Context | undefined {
  return state[actor]?.snapshot.context as Context | undefined;
}
