/** Why a chart cannot be drawn: whatever is not understood is named instead of left out. */

export interface DiagramProblem {
  /** Id of the machine; null when there is none to speak of. */
  readonly machine: string | null;
  /** Id of the state; null for the machine as a whole. */
  readonly state: string | null;
  /** What it is about: `after`, `meta.since`, `action xstate.teleport`. */
  readonly feature: string;
}

/** @example new DiagramError({ machine: 'door', state: 'door.open', feature: 'meta.since' }, 'is a function') */
export class DiagramError extends Error implements DiagramProblem {
  override readonly name = 'DiagramError';
  readonly machine: string | null;
  readonly state: string | null;
  readonly feature: string;

  constructor({ machine, state, feature }: DiagramProblem, why: string) {
    const place = [machine === null ? null : `machine ${machine}`, state === null ? null : `state ${state}`];
    const where = place.filter((part) => part !== null).join(', ');
    super(`${where}${where === '' ? '' : ': '}${feature} ${why}`);
    this.machine = machine;
    this.state = state;
    this.feature = feature;
  }
}
