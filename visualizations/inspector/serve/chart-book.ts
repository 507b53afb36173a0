/** The charts of a run, laid out once each, when somebody wants to see them. */
import type { RecordingLine } from '../../../runtime/observe/recording/lines.js';
import type { ChartDiagram } from '../../diagrams/chart-diagram.js';
import type { LaidOutChart } from '../../diagrams/laid-out-chart.js';
import { layOut } from '../../diagrams/layout/index.js';
import { OUR_CHARTS } from '../../diagrams/ours.js';
import { readChart } from '../../diagrams/read-chart.js';
import { toldChart } from '../model/told-chart.js';

export class ChartBook {
  readonly #diagrams = new Map<string, ChartDiagram>();
  /** Of charts that ship, for recordings that do not carry them. */
  readonly #named = new Set<string>();
  readonly #laidOut = new Map<ChartDiagram, Promise<LaidOutChart | null>>();

  /** Takes note of the charts that a line shows or names. */
  take(line: RecordingLine): void {
    if (line.t === 'chart') {
      const told = toldChart(line.diagram);
      if (told !== null) this.#diagrams.set(line.chart, told);
    } else if (line.t === 'actor' && line.chart !== null) this.#named.add(line.chart);
  }

  /** Those that can be drawn; of another one the page shows the names of states. */
  async charts(): Promise<readonly LaidOutChart[]> {
    for (const name of this.#named) {
      const isOurs = !this.#diagrams.has(name) && Object.hasOwn(OUR_CHARTS, name);
      const machine = isOurs ? OUR_CHARTS[name] : undefined;
      if (machine !== undefined) this.#diagrams.set(name, readChart(machine));
    }
    const all = await Promise.all([...this.#diagrams.values()].map((diagram) => this.#layOut(diagram)));
    return all.filter((chart) => chart !== null);
  }

  #layOut(diagram: ChartDiagram): Promise<LaidOutChart | null> {
    let laidOut = this.#laidOut.get(diagram);
    if (laidOut === undefined) {
      // A recording from elsewhere can say anything of its charts.
      laidOut = Promise.resolve(diagram)
        .then(layOut)
        .catch(() => null);
      this.#laidOut.set(diagram, laidOut);
    }
    return laidOut;
  }
}
