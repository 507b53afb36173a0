/** Everything a line tells, by its kind. */
import type { Json, TimedLine } from '../../../../runtime/observe/recording/lines.js';
import { stateInWords } from '../../model/moments.js';
import type { RecordingIndex } from '../../model/recording-index.js';
import type { Moment } from '../../model/types.js';
import type { Store } from '../store.js';
import { Differences } from './differences.js';
import { JsonTree } from './json-tree.js';
import { MessageFacts } from './message-facts.js';
import { Facts, Section } from './section.js';
import { StepFacts } from './step-facts.js';

interface Props {
  readonly store: Store;
  readonly index: RecordingIndex;
  readonly moment: Moment;
}

export function LineFacts({ store, index, moment }: Props) {
  const { line } = moment;
  switch (line.t) {
    case 'step':
      return <StepFacts index={index} moment={moment} line={line} />;
    case 'send':
    case 'receive':
    case 'lost':
      return <MessageFacts store={store} index={index} id={line.id} />;
    case 'actor':
      return (
        <>
          <Facts
            facts={[
              ['state', stateInWords(line.state)],
              ['chart', line.chart],
              ['parent', line.parent],
            ]}
          />
          <Tree title="Context" value={line.context} />
        </>
      );
    case 'explain':
    case 'partitions':
      return (
        <>
          <Section title="Changed">
            <Differences differences={index.differences(moment.index)} />
          </Section>
          {line.t === 'explain' && <Tree title="Explanation" value={line.explanation} open={0} />}
        </>
      );
    default:
      return <Plain line={line} />;
  }
}

type PlainLine = Extract<TimedLine, { t: 'process' | 'end' | 'fault' | 'note' | 'gap' | 'verdict' }>;

function Plain({ line }: { readonly line: PlainLine }) {
  switch (line.t) {
    case 'process':
      return (
        <Facts
          facts={[
            ['role', line.role],
            ['cluster', line.cluster ?? null],
            ['address', line.address ?? null],
            ['pid', line.pid ?? null],
            ['why', line.why ?? null],
          ]}
        />
      );
    case 'note':
      return (
        <>
          <Facts facts={[['level', line.level]]} />
          {line.facts !== undefined && <Tree title="Facts" value={line.facts} />}
        </>
      );
    case 'gap':
      return (
        <Facts
          facts={[
            ['lines', line.lines ?? 'nobody knows how many'],
            ['why', line.why],
          ]}
        />
      );
    case 'verdict':
      return (
        <Facts
          facts={[
            ['property', line.property],
            ['verdict', line.verdict],
            ['why', line.why],
          ]}
        />
      );
    case 'end':
      return <Facts facts={[['status', line.status]]} />;
    case 'fault':
      return <Facts facts={[['done to', line.process ?? 'the system']]} />;
  }
}

interface TreeProps {
  readonly title: string;
  readonly value: Json;
  readonly open?: number;
}

export function Tree({ title, value, open = 2 }: TreeProps) {
  return (
    <Section title={title}>
      <JsonTree value={value} open={open} />
    </Section>
  );
}
