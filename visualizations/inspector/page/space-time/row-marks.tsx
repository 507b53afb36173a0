/** What happens at one moment, as a mark on its lane with a label beside it. */
import type { ComponentChildren } from 'preact';
import type { RecordingIndex } from '../../model/recording-index.js';
import type { Moment } from '../../model/types.js';
import type { Lanes } from './lanes.js';
import { messageLabel } from './message-line.js';

const CHARACTER_PX = 6.1;
const BESIDE_PX = 9;

interface RowMarksProps {
  readonly index: RecordingIndex;
  readonly moment: Moment;
  readonly lanes: Lanes;
  /** Middle of a lane. */
  readonly x: (lane: number) => number;
  readonly y: number;
  /** Where labels may begin and have to end. */
  readonly left: number;
  readonly right: number;
}

/** Rows that are text across all lanes. */
export function bannerOf({ line, summary }: Moment): { readonly kind: string; readonly text: string } | null {
  switch (line.t) {
    case 'fault':
      return { kind: 'fault', text: `⚡ ${summary}` };
    case 'verdict':
      return { kind: `verdict-${line.verdict}`, text: `${VERDICTS[line.verdict]} ${summary}` };
    case 'gap':
      return { kind: 'gap', text: `┄ ${summary}` };
    case 'note':
      return { kind: `note-${line.level}`, text: line.level === 'info' ? summary : `⚠ ${summary}` };
    case 'explain':
      return { kind: 'explain', text: summary };
    case 'partitions':
      return { kind: 'note-info', text: summary };
    default:
      return null;
  }
}

const VERDICTS = { holds: '✓', violated: '✗', unknown: '?' } as const;

export function RowMarks(props: RowMarksProps): ComponentChildren {
  const { index, moment, lanes } = props;
  const { line, process, actor } = moment;
  if (process === null) return null;
  const lane = actor === null ? lanes.ofProcess(process) : lanes.ofActor(actor, process);
  if (lane === null) return null;
  const place = { ...props, at: props.x(lane), colour: lanes.list[lane]!.colour };
  switch (line.t) {
    case 'step':
      return (
        <Labelled {...place} text={moment.summary} kind={line.edges.length > 0 ? 'step' : 'nothing'}>
          <circle
            class={line.edges.length > 0 ? 'st-dot' : 'st-dot st-hollow'}
            cx={place.at}
            cy={props.y}
            r={4}
          />
        </Labelled>
      );
    case 'actor':
    case 'end':
      return (
        <Labelled {...place} text={moment.summary} kind="life">
          <path class={`st-dot ${line.t === 'actor' ? '' : 'st-hollow'}`} d={diamond(place.at, props.y)} />
        </Labelled>
      );
    case 'send': {
      const message = index.messages.get(line.id);
      const to = lanes.ofProcess(line.to);
      if (message === undefined) return null;
      return (
        <Labelled
          {...place}
          text={messageLabel(message)}
          kind="message"
          leftwards={to !== null && props.x(to) < place.at}
        >
          <circle class="st-dot" cx={place.at} cy={props.y} r={2.5} />
        </Labelled>
      );
    }
    case 'process': {
      const down = line.what === 'died' || line.what === 'ended';
      return (
        <Labelled {...place} text={moment.summary} kind={down ? 'death' : 'life'}>
          <path
            class={line.what === 'died' ? 'st-crash' : 'st-life'}
            d={LIFE_SHAPES[line.what](place.at, props.y)}
          />
        </Labelled>
      );
    }
    default:
      return null;
  }
}

const diamond = (x: number, y: number): string => `M${x - 5},${y} l5,-5 l5,5 l-5,5 z`;
const LIFE_SHAPES = {
  up: (x: number, y: number): string => `M${x - 7},${y} h14`,
  restarted: (x: number, y: number): string => `M${x - 7},${y + 3} l7,-8 l7,8 z`,
  died: (x: number, y: number): string => `M${x - 7},${y - 7} l14,14 M${x + 7},${y - 7} l-14,14`,
  ended: (x: number, y: number): string => `M${x - 7},${y - 2} h14 M${x - 7},${y + 2} h14`,
} as const;

interface LabelledProps extends RowMarksProps {
  readonly at: number;
  readonly colour: number;
  readonly text: string;
  readonly kind: string;
  readonly leftwards?: boolean;
  readonly children: ComponentChildren;
}

/** The label goes where there is room; a message's, to the side it is sent to. */
function Labelled({
  at,
  y,
  left,
  right,
  colour,
  text,
  kind,
  leftwards,
  children,
}: LabelledProps): ComponentChildren {
  const roomLeft = at - left - BESIDE_PX;
  const roomRight = right - at - BESIDE_PX;
  const wanted = text.length * CHARACTER_PX;
  const preferred = leftwards === true ? roomLeft : roomRight;
  const other = leftwards === true ? roomRight : roomLeft;
  const turn = preferred < wanted && other > preferred;
  const toLeft = (leftwards === true) !== turn;
  const letters = Math.max(4, Math.floor((toLeft ? roomLeft : roomRight) / CHARACTER_PX));
  return (
    <g class={`st-lane${colour}`}>
      {children}
      <text
        class={`st-label st-label-${kind}`}
        x={toLeft ? at - BESIDE_PX : at + BESIDE_PX}
        y={y + 4}
        text-anchor={toLeft ? 'end' : 'start'}
      >
        {text.length > letters ? `${text.slice(0, letters - 1)}…` : text}
      </text>
    </g>
  );
}
