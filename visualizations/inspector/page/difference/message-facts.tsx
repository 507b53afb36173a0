import type { RecordingIndex } from '../../model/recording-index.js';
import type { MessageInfo } from '../../model/types.js';
import { countText, sinceText, timeText } from '../format.js';
import type { Store } from '../store.js';
import { JsonTree } from './json-tree.js';
import { Facts, Section } from './section.js';

interface Props {
  readonly store: Store;
  readonly index: RecordingIndex;
  readonly id: string;
}

/** A message from its sending to what became of it, with ways to both. */
export function MessageFacts({ store, index, id }: Props) {
  const message = index.messages.get(id);
  if (message === undefined) {
    return <p class="diff-muted">Its sending was not recorded.</p>;
  }
  const { kind, what, from, to, sentAt, sent, received, answers, error, gpid, bytes, body } = message;
  const reply = index.replyTo(id);
  const go = (moment: number, text: string) => (
    <button type="button" class="diff-go" onClick={() => store.goTo(moment)}>
      {text}
    </button>
  );
  const request = answers === null ? undefined : index.messages.get(answers);
  return (
    <>
      <p class="diff-fate">{fateOf(message)}</p>
      <Facts
        facts={[
          [what, kind],
          ['from', from],
          ['to', to],
          ['sent', go(sent, timeText(index.header, sentAt))],
          [
            'arrived',
            received.length === 0
              ? null
              : received.map((moment) => go(moment, arrival(index, sentAt, moment))),
          ],
          ['lost', message.lost === null ? null : go(message.lost, message.why ?? 'nobody knows why')],
          ['error', error],
          ['partition', gpid],
          ['size', bytes === null ? null : `${countText(bytes)} bytes`],
          ['reply', reply === undefined ? null : go(reply.sent, reply.error ?? 'ERR_OK')],
          ['answers', request === undefined ? null : go(request.sent, request.kind)],
        ]}
      />
      {body !== undefined && (
        <Section title="Body">
          <JsonTree value={body} open={2} />
        </Section>
      )}
    </>
  );
}

function arrival(index: RecordingIndex, sentAt: number, moment: number): string {
  const { at } = index.moment(moment);
  const later = at - sentAt;
  if (index.header.source === 'counterexample') return timeText(index.header, at);
  return later < 0 ? `${timeText(index.header, at)} (clocks differ)` : `after ${sinceText(later)}`;
}

function fateOf({ lost, received, refused, delayed, error }: MessageInfo): string {
  if (lost !== null) return '✕ It was lost.';
  if (refused === 'denied') return '✕ A policy turned it away with an error.';
  if (refused === 'dropped') return '✕ A policy let it vanish.';
  const late = delayed ? ', delayed' : '';
  if (received.length === 0) return `… It is under way${late}.`;
  if (received.length > 1) return `✓ It arrived ${received.length} times${late}.`;
  return error === null ? `✓ It arrived${late}.` : `! It arrived${late}, and says ${error}.`;
}
