/**
 * A duplication's account of itself, as `bridle explain` prints it: the headline, what is waited for, from whom,
 * since when, what happens next, the trouble, what blocks it, and what all of that points to.
 */
import type { Explanation, WaitView } from '../../../../runtime/observe/explain.js';
import type { HeaderLine } from '../../../../runtime/observe/recording/lines.js';
import { durationInWords } from '../../model/quantities.js';

interface WaitingProps {
  readonly explanation: Explanation;
  readonly header: HeaderLine;
  readonly at: number;
}

export function Waiting({ explanation, header, at }: WaitingProps) {
  const nowMs = header.beganUs === null ? null : (header.beganUs + at) / 1_000;
  return (
    <section class="progress-waiting" aria-label="What it waits for">
      <p class="progress-line">{explanation.headline || explanation.line}</p>
      <ul>
        {explanation.waiting.map((wait) => (
          <li key={wait.actor}>
            <Wait wait={wait} nowMs={nowMs} />
          </li>
        ))}
      </ul>
      {explanation.blockedBy !== null && (
        <p class="progress-blocked">
          <strong>blocked by</strong> {explanation.blockedBy}
        </p>
      )}
      {explanation.diagnosis.length > 0 && (
        <ol class="progress-diagnosis" aria-label="What it points to, likeliest first">
          {explanation.diagnosis.map((each) => (
            <li key={`${each.sign} ${each.cause}`}>
              <Diagnosis diagnosis={each} />
            </li>
          ))}
        </ol>
      )}
      <p class="progress-can">
        An operator can: <span>{explanation.operatorCan.map((verb) => `bridle ${verb}`).join(', ')}</span>
      </p>
    </section>
  );
}

/** What was seen is an answer; what was not is a question, and looks like one. */
function Diagnosis({
  diagnosis: { seen, sign, cause, look },
}: {
  diagnosis: Explanation['diagnosis'][number];
}) {
  return (
    <dl>
      <dt>{seen ? 'seen' : 'if you find'}</dt>
      <dd>{sign}</dd>
      <dt>points to</dt>
      <dd>{cause}</dd>
      <dt>look at</dt>
      <dd>
        <code>{look}</code>
      </dd>
    </dl>
  );
}

function Wait({ wait, nowMs }: { wait: WaitView; nowMs: number | null }) {
  const { actor, state, waitingFor, from, leavesWhen, sinceMs, attempt, attemptsLimit, trouble } = wait;
  const since = nowMs === null || sinceMs <= 0 ? '' : `, for ${ago(nowMs, sinceMs)}`;
  const tries =
    attempt === undefined || attempt === 0
      ? ''
      : `attempt ${attempt}${attemptsLimit === undefined ? '' : ` of ${attemptsLimit}`}`;
  return (
    <>
      <p>
        <strong>{actor}</strong> {state === '' ? '' : `(${state}) `}waits for <em>{waitingFor}</em> from{' '}
        <em>{from}</em>
        {since}
        {tries === '' ? '' : `; ${tries}`}
      </p>
      <p class="progress-leaves">
        It goes on when {leavesWhen}.{nextInWords(wait, nowMs)}
      </p>
      {trouble !== null && <TroubleNote trouble={trouble} nowMs={nowMs} />}
    </>
  );
}

function TroubleNote({
  trouble,
  nowMs,
}: {
  trouble: NonNullable<WaitView['trouble']>;
  nowMs: number | null;
}) {
  const { error, operation, peer, hint, count, firstSeenMs, what, consequence, causes } = trouble;
  return (
    <div class="progress-trouble">
      <p>
        <strong>! {error}</strong> in {operation}
        {peer === undefined ? '' : ` at ${peer}`}, {count}×
        {nowMs === null ? '' : `, first ${ago(nowMs, firstSeenMs)} ago`}
      </p>
      {hint !== undefined && <p>{hint}</p>}
      <p>
        {what} {consequence}
      </p>
      {causes.length > 0 && (
        <ol class="progress-causes" aria-label="Likely causes, likeliest first">
          {causes.map((cause) => (
            <li key={cause}>{cause}</li>
          ))}
        </ol>
      )}
    </div>
  );
}

/** What happens by itself next, and how long that is off at the cursor. */
function nextInWords({ nextWhat, nextAtMs }: WaitView, nowMs: number | null): string {
  if (nextWhat === undefined || nextAtMs === undefined || nowMs === null) return '';
  return ` Then: ${nextWhat} in ${durationInWords(Math.max(0, nextAtMs - nowMs) * 1_000)}.`;
}

const ago = (nowMs: number, thenMs: number): string => durationInWords(Math.max(0, nowMs - thenMs) * 1_000);
