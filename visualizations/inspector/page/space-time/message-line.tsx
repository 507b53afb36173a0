/** A message from its sending to what became of it. The shape tells its fate; colour only repeats it. */
import type { ComponentChildren } from 'preact';
import { fateOf } from '../../model/messages.js';
import type { MessageInfo } from '../../model/types.js';
import { ROW_PX } from './rows.js';

interface MessageLineProps {
  readonly message: MessageInfo;
  /** Middle of the lanes it goes between. */
  readonly from: number;
  readonly to: number;
  readonly colour: number;
  /** Height of a moment. */
  readonly y: (moment: number) => number;
  readonly chosen: boolean;
  /** Belongs to the chosen one: its reply, or what it answers. */
  readonly paired: boolean;
  readonly onChoose: (id: string) => void;
}

const LOST_AFTER = 0.62;
const LOOP_PX = 26;

export function MessageLine(props: MessageLineProps): ComponentChildren {
  const { message, colour, chosen, paired, onChoose } = props;
  const names = ['st-message', `st-lane${colour}`, `st-${message.what}`];
  if (chosen) names.push('st-chosen');
  if (paired) names.push('st-paired');
  if (message.error !== null) names.push('st-failed');
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: rows of sending and arrival offer the same by keyboard
    <g class={names.join(' ')} onClick={() => onChoose(message.id)}>
      <title>{messageTitle(message)}</title>
      <Flight {...props} />
    </g>
  );
}

function Flight({ message, from, to, y }: MessageLineProps): ComponentChildren {
  const { sent, received, lost, refused, delayed } = message;
  const start = { x: from, y: y(sent) };
  const fate = fateOf(message);
  if (fate === 'under way') {
    const end = { x: from + (to - from) * 0.4, y: start.y + ROW_PX };
    return (
      <>
        <Path from={start} to={end} dashed />
        <text class="st-mark" x={end.x} y={end.y + 4} text-anchor="middle">
          …
        </text>
      </>
    );
  }
  return (
    <>
      {received.map((moment, at) => {
        const end = { x: to, y: y(moment) };
        const last = refused !== null && at === received.length - 1;
        return (
          <g key={moment}>
            <Path from={start} to={end} dashed={delayed || at > 0} />
            {last ? <Bar from={start} to={end} word={refused} /> : <Arrow from={start} to={end} />}
            {at > 0 && <Mark from={start} to={end} at={0.8} text="copy" />}
            {delayed && at === 0 && <Mark from={start} to={end} at={0.55} text="delayed" />}
          </g>
        );
      })}
      {lost !== null && <Lost from={start} x={to} y={y(lost)} />}
    </>
  );
}

interface Spot {
  readonly x: number;
  readonly y: number;
}

interface Line {
  readonly from: Spot;
  readonly to: Spot;
}

/** Within one lane it is a loop to the side. */
function Path({ from, to, dashed }: Line & { readonly dashed?: boolean }): ComponentChildren {
  const d =
    from.x === to.x
      ? `M${from.x},${from.y} C${from.x + LOOP_PX},${from.y} ${to.x + LOOP_PX},${to.y} ${to.x},${to.y}`
      : `M${from.x},${from.y} L${to.x},${to.y}`;
  return (
    <>
      <path class="st-grip" d={d} />
      <path class={dashed ? 'st-line st-dashed' : 'st-line'} d={d} />
    </>
  );
}

function Arrow({ from, to }: Line): ComponentChildren {
  const { ux, uy } = direction(from, to);
  const [x, y] = [to.x - ux * 10, to.y - uy * 10];
  return (
    <polygon
      class="st-arrow"
      points={`${to.x},${to.y} ${x - uy * 4},${y + ux * 4} ${x + uy * 4},${y - ux * 4}`}
    />
  );
}

/** Where a policy stands in its way. */
function Bar({ from, to, word }: Line & { readonly word: string }): ComponentChildren {
  const { ux } = direction(from, to);
  const x = to.x - ux * 6;
  return (
    <>
      <path class="st-bar" d={`M${x},${to.y - 9} L${x},${to.y + 9}`} />
      <text class="st-mark st-word" x={x - ux * 6} y={to.y - 3} text-anchor={ux > 0 ? 'end' : 'start'}>
        {word}
      </text>
    </>
  );
}

function Lost({ from, x, y }: { readonly from: Spot; readonly x: number; readonly y: number }) {
  const end = {
    x: from.x === x ? x + LOOP_PX : from.x + (x - from.x) * LOST_AFTER,
    y: y <= from.y ? from.y + ROW_PX * 0.8 : y,
  };
  return (
    <>
      <Path from={from} to={end} />
      <path class="st-cross" d={`M${end.x - 6},${end.y - 6} l12,12 M${end.x + 6},${end.y - 6} l-12,12`} />
      <text class="st-mark st-word" x={end.x + 10} y={end.y + 4}>
        lost
      </text>
    </>
  );
}

function Mark({ from, to, at, text }: Line & { readonly at: number; readonly text: string }) {
  return (
    <text
      class="st-mark"
      x={from.x + (to.x - from.x) * at}
      y={from.y + (to.y - from.y) * at - 4}
      text-anchor="middle"
    >
      {text}
    </text>
  );
}

function direction(from: Spot, to: Spot): { ux: number; uy: number } {
  if (from.x === to.x) return { ux: -1, uy: 0 };
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  return { ux: (to.x - from.x) / length, uy: (to.y - from.y) / length };
}

/** `reply to RPC_CM_CREATE_APP from west meta to east meta: ERR_APP_EXIST, lost` */
export function messageTitle(message: MessageInfo): string {
  const { kind, what, from, to, error, received, delayed } = message;
  const facts = [
    ...(error === null ? [] : [error]),
    fateOf(message),
    ...(delayed ? ['delayed'] : []),
    ...(received.length > 1 ? [`${received.length} times`] : []),
  ];
  return `${what === 'reply' ? `reply to ${kind}` : kind} from ${from} to ${to}: ${facts.join(', ')}`;
}

/** What a message is called beside its line: `CM_CREATE_APP`, `↩ CM_CREATE_APP ERR_TIMEOUT`. */
export function messageLabel({ kind, what, error }: MessageInfo): string {
  const name = kind.replace(/^RPC_/, '');
  return `${what === 'reply' ? '↩ ' : ''}${name}${error === null ? '' : ` ${error}`}`;
}
