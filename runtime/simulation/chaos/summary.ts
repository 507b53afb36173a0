/** What many runs come to together. */
import type { FaultKind } from './fault-kinds.js';
import { FAULT_KINDS } from './fault-kinds.js';
import { PROPERTIES, type PropertyName } from './properties.js';
import type { Simulated } from './simulate.js';
import type { Strike } from './strikes.js';

export class Summary {
  readonly violations: Simulated[] = [];
  readonly unfinished: number[] = [];
  held = 0;
  virtualMs = 0;
  events = 0;
  /** Of all runs, added up; less than that has passed when they ran side by side. */
  runMs = 0;
  acknowledged = 0;
  open = 0;
  readonly faults: Partial<Record<FaultKind, Strike>> = {};
  readonly checked = Object.fromEntries(PROPERTIES.map((name) => [name, 0])) as Record<PropertyName, number>;

  add(run: Simulated): void {
    if (run.verdict === 'holds') this.held += 1;
    else if (run.verdict === 'violated') this.violations.push(run);
    else this.unfinished.push(run.seed);
    this.virtualMs += run.virtualMs;
    this.events += run.events;
    this.runMs += run.wallMs;
    this.acknowledged += run.writes.acknowledged;
    this.open += run.writes.open;
    for (const name of PROPERTIES) this.checked[name] += run.checked[name];
    for (const kind of FAULT_KINDS) {
      const strike = run.faults[kind];
      if (strike === undefined) continue;
      const sum = this.faults[kind] ?? { planned: 0, struck: 0, hits: 0 };
      this.faults[kind] = {
        planned: sum.planned + strike.planned,
        struck: sum.struck + strike.struck,
        hits: sum.hits + strike.hits,
      };
    }
  }

  get seeds(): number {
    return this.held + this.violations.length + this.unfinished.length;
  }
}
