/** Lag over time as a small line. */
import type { LagPoint } from '../../model/progress.js';
import type { Units } from './units.js';

const WIDTH = 320;
const HEIGHT = 44;
/** A line of so many points looks no different from one of more. */
const MOST_POINTS = 320;

export function LagLine({ points, units, at }: { points: readonly LagPoint[]; units: Units; at: number }) {
  const most = points.reduce((max, { lagDecrees }) => Math.max(max, lagDecrees), 0);
  const first = points[0];
  if (first === undefined || most === 0) return null;
  const span = Math.max(1, at - first.at);
  const x = (time: number) => (((time - first.at) / span) * WIDTH).toFixed(1);
  const y = (lag: number) => (HEIGHT - 2 - (lag / most) * (HEIGHT - 4)).toFixed(1);
  const path = thinned(points)
    .map((point, i) => `${i === 0 ? 'M' : 'L'}${x(point.at)} ${y(point.lagDecrees)}`)
    .join('');
  const now = points.at(-1)?.lagDecrees ?? 0;
  const words = `Lag over ${units.duration(span)}: ${most} mutations at most, ${now} now`;
  return (
    <figure class="progress-lag">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={words} preserveAspectRatio="none">
        <path class="progress-lag-line" d={`${path}L${WIDTH} ${y(now)}`} />
      </svg>
      <figcaption>{words}</figcaption>
    </figure>
  );
}

/** Of each stretch the highest point: a peak must not be lost. */
function thinned(points: readonly LagPoint[]): readonly LagPoint[] {
  if (points.length <= MOST_POINTS) return points;
  const stretch = points.length / MOST_POINTS;
  return Array.from({ length: MOST_POINTS }, (_, i) =>
    points
      .slice(Math.floor(i * stretch), Math.max(Math.floor((i + 1) * stretch), Math.floor(i * stretch) + 1))
      .reduce((highest, point) => (point.lagDecrees > highest.lagDecrees ? point : highest)),
  );
}
