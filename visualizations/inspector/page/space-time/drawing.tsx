/** The part of the space-time diagram that is in sight: lifelines, messages, and what happens. */
import type { ComponentChildren } from 'preact';
import type { RecordingIndex } from '../../model/recording-index.js';
import type { MessageInfo } from '../../model/types.js';
import type { Lanes } from './lanes.js';
import { lifeChanges, lifeParts } from './lifelines.js';
import { MessageLine } from './message-line.js';
import { RowMarks } from './row-marks.js';
import type { Rows } from './rows.js';
import { lastMoment, underWay } from './under-way.js';
import './drawing.css';

export interface Frame {
  readonly gutter: number;
  readonly laneWidth: number;
  /** Beside the gutter, in sight. */
  readonly room: number;
  /** Rows in sight, the last one excluded. */
  readonly first: number;
  readonly end: number;
}

interface DrawingProps {
  readonly index: RecordingIndex;
  readonly rows: Rows;
  readonly lanes: Lanes;
  readonly frame: Frame;
  readonly chosen: MessageInfo | undefined;
  readonly pair: MessageInfo | undefined;
  readonly onChoose: (id: string) => void;
}

export function Drawing({
  index,
  rows,
  lanes,
  frame,
  chosen,
  pair,
  onChoose,
}: DrawingProps): ComponentChildren {
  const { gutter, laneWidth, first, end } = frame;
  const top = rows.top(first);
  const height = rows.top(end) - top;
  const x = (lane: number): number => gutter + (lane + 0.5) * laneWidth;
  const y = (moment: number): number => rows.y(moment) - top;
  const width = gutter + lanes.list.length * laneWidth;
  return (
    <svg class="st-drawing" width={width} height={height} style={{ top: `${top}px` }} aria-hidden="true">
      <Lifelines index={index} lanes={lanes} x={x} y={y} height={height} />
      {inSight(index, rows, frame).map((message) => {
        const from = lanes.ofProcess(message.from);
        const to = lanes.ofProcess(message.to);
        if (from === null || to === null) return null;
        return (
          <MessageLine
            key={message.id}
            message={message}
            from={x(from)}
            to={x(to)}
            colour={lanes.list[from]!.colour}
            y={y}
            chosen={message.id === chosen?.id}
            paired={message.id === pair?.id}
            onChoose={onChoose}
          />
        );
      })}
      {Array.from({ length: end - first }, (_, at) => {
        const moment = index.moment(rows.moment(first + at));
        return (
          <RowMarks
            key={moment.index}
            index={index}
            moment={moment}
            lanes={lanes}
            x={x}
            y={y(moment.index)}
            left={gutter}
            right={width}
          />
        );
      })}
    </svg>
  );
}

/** With a filter, a message is drawn if its sending or its end passes. */
function inSight(index: RecordingIndex, rows: Rows, { first, end }: Frame): readonly MessageInfo[] {
  if (end <= first) return [];
  return underWay(index)
    .between(rows.moment(first), rows.moment(end - 1))
    .filter((message) => rows.has(message.sent) || rows.has(lastMoment(message)));
}

interface LifelinesProps {
  readonly index: RecordingIndex;
  readonly lanes: Lanes;
  readonly x: (lane: number) => number;
  readonly y: (moment: number) => number;
  readonly height: number;
}

function Lifelines({ index, lanes, x, y, height }: LifelinesProps): ComponentChildren {
  const changes = lifeChanges(index);
  return (
    <>
      {lanes.list.map((lane, at) =>
        lifeParts(lane, changes).map(({ up, from, to }) => {
          const begin = Math.max(0, from < 0 ? 0 : y(from));
          const stop = Math.min(height, to === null ? height : y(to));
          if (stop <= begin) return null;
          return up ? (
            <path
              key={`${lane.key} ${from}`}
              class={`st-lifeline st-lane${lane.colour} st-lifeline-${lane.what}`}
              d={`M${x(at)},${begin} V${stop}`}
            />
          ) : (
            from >= 0 && <path key={`${lane.key} ${from}`} class="st-gap" d={zigzag(x(at), begin, stop)} />
          );
        }),
      )}
    </>
  );
}

const ZIG_PX = 6;

/** A lifeline that is broken; only its beginning and end zigzag, so that it stays short however long it is. */
function zigzag(x: number, from: number, to: number): string {
  const teeth = Math.min(6, Math.floor((to - from) / ZIG_PX));
  let path = `M${x},${from}`;
  for (let tooth = 1; tooth <= teeth; tooth++) {
    path += ` L${x + (tooth % 2 === 0 ? -5 : 5)},${from + tooth * ZIG_PX}`;
  }
  return path;
}
