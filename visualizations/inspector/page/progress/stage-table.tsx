/** The way through the statuses, with times, bytes and speed. */
import type { Stage } from '../../model/progress.js';
import { bytesInWords } from '../../model/quantities.js';
import type { Units } from './units.js';

export function StageTable({ stages, units, at }: { stages: readonly Stage[]; units: Units; at: number }) {
  return (
    // It scrolls by itself where it is too wide, so it has to be reachable by keyboard.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls
    <section class="progress-scroll" tabIndex={0} aria-label="Stages">
      <table class="progress-stages">
        <thead>
          <tr>
            <th scope="col">stage</th>
            <th scope="col">began</th>
            <th scope="col">ended</th>
            <th scope="col">took</th>
            <th scope="col">copied</th>
            <th scope="col">speed</th>
          </tr>
        </thead>
        <tbody>
          {stages.map((stage) => (
            <Row key={`${stage.status} ${stage.beganAt}`} stage={stage} units={units} at={at} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ stage, units, at }: { stage: Stage; units: Units; at: number }) {
  const { status, beganAt, endedAt, bytes } = stage;
  const took = (endedAt ?? at) - beganAt;
  const seconds = units.seconds(took);
  const speed =
    bytes === null || seconds === null || seconds <= 0
      ? ''
      : `${bytesInWords(Math.round(bytes / seconds))}/s`;
  return (
    <tr class={endedAt === null ? 'progress-current' : undefined}>
      <th scope="row">
        {endedAt === null ? '▸ ' : ''}
        {status}
      </th>
      <td>{units.point(beganAt)}</td>
      <td>{endedAt === null ? 'now here' : units.point(endedAt)}</td>
      <td>{units.duration(took)}</td>
      <td>{bytes === null ? '' : bytesInWords(bytes)}</td>
      <td>{speed}</td>
    </tr>
  );
}
