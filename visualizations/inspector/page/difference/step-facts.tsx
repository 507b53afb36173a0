import type { Json, StepLine } from '../../../../runtime/observe/recording/lines.js';
import { stateInWords } from '../../model/moments.js';
import type { RecordingIndex } from '../../model/recording-index.js';
import type { Moment } from '../../model/types.js';
import { Differences } from './differences.js';
import { shortText } from './json-text.js';
import { JsonTree } from './json-tree.js';
import { Facts, Section } from './section.js';

interface Props {
  readonly index: RecordingIndex;
  readonly moment: Moment;
  readonly line: StepLine;
}

/** State before and after, context, effects and guards: in the order in which somebody asks for them. */
export function StepFacts({ index, moment, line }: Props) {
  const { type, ...payload } = line.event;
  const before = index.at(moment.index - 1).actors.get(moment.actor!);
  const after = index.at(moment.index).actors.get(moment.actor!);
  const context = index.differences(moment.index).filter(({ path }) => path !== 'state');
  return (
    <>
      <StateChange before={stateInWords(before?.state ?? null)} after={stateInWords(after?.state ?? null)} />
      <Section title="Event">
        <Facts
          facts={[
            ['type', type],
            ['from', line.from ?? null],
          ]}
        />
        {Object.keys(payload).length > 0 && <JsonTree value={payload as Json} open={2} />}
      </Section>
      {context.length > 0 && (
        <Section title="Changed">
          <Differences differences={context} />
        </Section>
      )}
      {line.effects !== undefined && line.effects.length > 0 && (
        <Section title="Effects asked for">
          <ol class="diff-list">
            {line.effects.map(({ name, params }, at) => (
              <li key={at}>
                <JsonTree name={name} value={params ?? null} open={0} />
              </li>
            ))}
          </ol>
        </Section>
      )}
      {line.guards !== undefined && line.guards.length > 0 && <Guards guards={line.guards} />}
      <Section title="Transitions">
        {line.edges.length === 0 ? (
          <p class="diff-muted">None: the event changed nothing.</p>
        ) : (
          <ul class="diff-list">
            {line.edges.map((edge) => (
              <li key={edge}>
                <code>{edge}</code>
              </li>
            ))}
          </ul>
        )}
      </Section>
      {line.mail !== undefined && (
        <Facts
          facts={[
            ['in inbox', line.mail.inbox],
            ['in outbox', line.mail.outbox],
            ['effects under way', line.mail.underWay],
          ]}
        />
      )}
    </>
  );
}

function StateChange({ before, after }: { readonly before: string; readonly after: string }) {
  if (before === after) {
    return (
      <p class="diff-state">
        <span class="diff-muted">stays in</span> <b>{after}</b>
      </p>
    );
  }
  return (
    <p class="diff-state">
      <span class="diff-before">{before}</span> <span aria-hidden="true">→</span>
      <span class="visually-hidden">becomes</span> <b class="diff-after">{after}</b>
    </p>
  );
}

function Guards({ guards }: { readonly guards: NonNullable<StepLine['guards']> }) {
  return (
    <Section title="Guards asked">
      <ul class="diff-list">
        {guards.map(({ guard, params, said }, at) => (
          <li key={at} class={said ? 'diff-yes' : 'diff-no'}>
            {said ? '✓ yes' : '✕ no'} <code>{guard}</code>
            {params !== undefined && <span class="diff-muted"> {shortText(params)}</span>}
          </li>
        ))}
      </ul>
    </Section>
  );
}
