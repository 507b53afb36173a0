/** One message in words: what it is, what became of it, and its other half. */
import type { ComponentChildren } from 'preact';
import { fateOf } from '../../model/messages.js';
import type { RecordingIndex } from '../../model/recording-index.js';
import type { MessageInfo } from '../../model/types.js';
import { spanInWords } from '../charts/words.js';
import './message-card.css';

const BODY_LETTERS = 4_000;

interface MessageCardProps {
  readonly index: RecordingIndex;
  readonly message: MessageInfo;
  readonly pair: MessageInfo | undefined;
  readonly onGo: (moment: number) => void;
  readonly onChoose: (id: string) => void;
  readonly onClose: () => void;
}

export function MessageCard({ index, message, pair, onGo, onChoose, onClose }: MessageCardProps) {
  const { kind, what, from, to, error, bytes, gpid, body, why, sent, received, lost } = message;
  const ended = received[0] ?? lost;
  return (
    <section class="st-card" aria-label={`Message ${kind}`}>
      <button type="button" class="st-close" aria-label="Close message" onClick={onClose}>
        ×
      </button>
      <h3>
        {what === 'reply' ? '↩ reply to ' : ''}
        {kind}
      </h3>
      <p>
        {from} → {to}
        {gpid !== null && `, partition ${gpid}`}
        {bytes !== null && `, ${bytes.toLocaleString('en')} bytes`}
      </p>
      <p>
        <strong>{fateInWords(message)}</strong>
        {ended !== null && ended !== undefined && ended > sent && ` after ${took(index, sent, ended)}`}
        {why !== null && `: ${why}`}
        {error !== null && <span class="st-error"> {error}</span>}
      </p>
      <p class="st-jumps">
        <button type="button" onClick={() => onGo(sent)}>
          Sent #{sent}
        </button>
        {received.map((moment, at) => (
          <button key={moment} type="button" onClick={() => onGo(moment)}>
            {at === 0 ? 'Arrived' : 'Again'} #{moment}
          </button>
        ))}
        {pair !== undefined && (
          <button type="button" onClick={() => onChoose(pair.id)}>
            {what === 'reply' ? 'Its request' : `Its reply${pair.error === null ? '' : ` ${pair.error}`}`}
          </button>
        )}
        {pair === undefined && what === 'request' && <span>no reply so far</span>}
      </p>
      {body !== undefined && <Body text={JSON.stringify(body, null, 1)} />}
    </section>
  );
}

function Body({ text }: { readonly text: string }): ComponentChildren {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and has to by keyboard too
    <pre tabIndex={0}>{text.length > BODY_LETTERS ? `${text.slice(0, BODY_LETTERS)}…` : text}</pre>
  );
}

const took = (index: RecordingIndex, sent: number, ended: number): string =>
  spanInWords((index.lines[ended]?.at ?? 0) - (index.lines[sent]?.at ?? 0), index.header.beganUs === null);

function fateInWords(message: MessageInfo): string {
  const fate = fateOf(message);
  const times = message.received.length;
  switch (fate) {
    case 'arrived':
      return `${message.delayed ? 'delayed, arrived' : 'arrived'}${times > 1 ? ` ${times} times` : ''}`;
    case 'denied':
      return 'denied by policy';
    case 'dropped':
      return 'dropped by policy';
    case 'lost':
      return 'lost';
    case 'under way':
      return 'under way, as far as the recording goes';
  }
}
