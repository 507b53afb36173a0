/** One event, in all the cases that come to the same, with each transition it is offered to. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Json } from '../../../../runtime/observe/recording/lines.js';
import type { ChartDiagram } from '../../../diagrams/chart-diagram.js';
import { eventInWords } from '../../model/moments.js';
import type { Candidate, EventAnswer, Operand } from '../../model/why-not.js';

const SHOWN_CASES = 3;
const VALUE_LETTERS = 60;

const SIGNS: Record<EventAnswer['outcome'], string> = {
  taken: '✓',
  refused: '✗',
  unknown: '?',
  nothing: '·',
};

interface AnswerProps {
  readonly cases: readonly EventAnswer[];
  readonly diagram: ChartDiagram | undefined;
  /** That the actor is in. */
  readonly state: string;
}

export function Answer({ cases, diagram, state }: AnswerProps): ComponentChildren {
  const [open, setOpen] = useState(false);
  const [first] = cases;
  if (first === undefined) return null;
  const { type, outcome, leadsTo, effects, transitions, problem, payload } = first;
  const labels = [...new Set(cases.map(labelOf).filter((label) => label !== ''))];
  return (
    <div class={`wn-answer wn-${outcome}`}>
      <button type="button" class="wn-event" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span class="wn-sign" title={outcome}>
          {SIGNS[outcome]}
        </span>
        <span class="wn-words">
          <b>{eventInWords(type)}</b>
          {labels.length > 0 && (
            <span class="wn-cases">
              {' '}
              {labels.slice(0, SHOWN_CASES).join(' · or ')}
              {labels.length > SHOWN_CASES && ` · or ${labels.length - SHOWN_CASES} more`}
            </span>
          )}
          {leadsTo !== null &&
            (leadsTo === state ? (
              <span class="wn-cases"> · taken, stays as it is</span>
            ) : (
              <span class="wn-leads"> → {leadsTo}</span>
            ))}
          {outcome === 'refused' && <Refusal transitions={transitions} />}
        </span>
      </button>
      {problem !== null && <p class="wn-problem">⚠ {problem}</p>}
      {open && (
        <div class="wn-more">
          <ol>
            {transitions.map((each) => (
              <TransitionAnswer key={each.edge} candidate={each} diagram={diagram} />
            ))}
          </ol>
          {effects.length > 0 && (
            <p>
              asks for{' '}
              {effects.map(({ kind, name, to }, at) => (
                <code key={`${at} ${name}`}>
                  {kind === 'do' ? '' : `${kind} `}
                  {name}
                  {to === undefined ? '' : ` to ${to}`}{' '}
                </code>
              ))}
            </p>
          )}
          {Object.keys(payload).length > 0 && <pre>{JSON.stringify(payload, null, 1)}</pre>}
        </div>
      )}
    </div>
  );
}

/** The guard that comes closest: the first that was asked. */
function Refusal({ transitions }: { readonly transitions: readonly Candidate[] }): ComponentChildren {
  const asked = transitions.filter(({ said }) => said === false);
  const [first] = asked;
  if (first === undefined) return null;
  return (
    <span class="wn-refusal">
      {first.reason}
      {first.operands.length > 0 && (
        <>
          {': '}
          {first.operands.slice(0, 3).map(operandInWords).join(', ')}
        </>
      )}
      {asked.length > 1 && `; and ${asked.length - 1} more refuse`}
    </span>
  );
}

function TransitionAnswer({
  candidate,
  diagram,
}: {
  readonly candidate: Candidate;
  readonly diagram: ChartDiagram | undefined;
}): ComponentChildren {
  const { source, targets, taken, said, reason, operands, moreOperands } = candidate;
  const name = (id: string): string =>
    diagram !== undefined && id.startsWith(`${diagram.id}.`) ? id.slice(diagram.id.length + 1) : id;
  return (
    <li class={taken ? 'wn-is-taken' : said === false ? 'wn-is-refused' : 'wn-not-asked'}>
      <p>
        <span aria-hidden="true">{taken ? '✓' : said === false ? '✗' : '–'} </span>
        {name(source)}
        {targets.length > 0 ? ` → ${targets.map(name).join(' + ')}` : ', not left'}
      </p>
      <p class="wn-reason">{reason}</p>
      {operands.length > 0 && (
        <dl>
          {operands.map((operand) => (
            <div key={operand.path}>
              <dt>{operand.path}</dt>
              <dd>
                {valueInWords(operand.value)}
                {operand.cut && ' (shortened in the recording)'}
              </dd>
            </div>
          ))}
          {moreOperands > 0 && (
            <div>
              <dt>and {moreOperands} more</dt>
            </div>
          )}
        </dl>
      )}
    </li>
  );
}

function labelOf({ origin, label, type }: EventAnswer): string {
  if (origin === 'recorded') return label === '' ? 'as it last came' : `${label}, as it last came`;
  return label === eventInWords(type) ? '' : label;
}

const operandInWords = ({ path, value }: Operand): string => `${path} is ${valueInWords(value)}`;

function valueInWords(value: Json | undefined): string {
  if (value === undefined) return 'not there';
  const text = JSON.stringify(value);
  return text.length > VALUE_LETTERS ? `${text.slice(0, VALUE_LETTERS - 1)}…` : text;
}
