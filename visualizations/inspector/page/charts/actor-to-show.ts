/** Whose chart is shown. */
import type { RecordingIndex } from '../../model/recording-index.js';
import type { ActorInfo, ActorKey, ActorState, WorldState } from '../../model/types.js';

export interface Living {
  readonly info: ActorInfo;
  readonly state: ActorState;
}

/** The selected one; else the one that acted last, of those that have a chart. */
export function actorToShow(
  index: RecordingIndex,
  world: WorldState,
  selected: ActorKey | null,
): ActorKey | null {
  const hasChart = (key: ActorKey): boolean => world.actors.has(key) && index.actor(key)?.chart != null;
  if (selected !== null && hasChart(selected)) return selected;
  const acting = world.moment < 0 ? null : index.moment(world.moment).actor;
  if (acting !== null && hasChart(acting)) return acting;
  let last: { key: ActorKey; step: number } | null = null;
  for (const { info, state } of livingCharts(index, world)) {
    const step = state.lastStep ?? -1;
    if (last === null || step > last.step) last = { key: info.key, step };
  }
  return last?.key ?? null;
}

/** Actors with a chart that live at the cursor. */
export function livingCharts(index: RecordingIndex, world: WorldState): readonly Living[] {
  const found: Living[] = [];
  for (const info of index.actors) {
    const state = world.actors.get(info.key);
    if (info.chart !== null && state?.alive === true) found.push({ info, state });
  }
  return found;
}
