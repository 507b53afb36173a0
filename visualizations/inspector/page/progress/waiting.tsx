/** What a duplication waits for, from whom, since when, and the trouble it has: its explanation. */
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
      <p class="progress-line">{explanation.line}</p>
      <ul>
        {explanation.waiting.map((wait) => (
          <li key={wait.actor}>
            <Wait wait={wait} nowMs={nowMs} />
          </li>
        ))}
      </ul>
      <p class="progress-can">
        An operator can: <span>{explanation.operatorCan.map((verb) => `bridle ${verb}`).join(', ')}</span>
      </p>
    </section>
  );
}

function Wait({ wait, nowMs }: { wait: WaitView; nowMs: number | null }) {
  const { actor, waitingFor, from, leavesWhen, sinceMs, attempt, attemptsLimit, trouble } = wait;
  const since = nowMs === null || sinceMs <= 0 ? '' : `, for ${ago(nowMs, sinceMs)}`;
  const tries =
    attempt === undefined
      ? ''
      : `attempt ${attempt}${attemptsLimit === undefined ? '' : ` of ${attemptsLimit}`}`;
  return (
    <>
      <p>
        <strong>{actor}</strong> waits for <em>{waitingFor}</em> from <em>{from}</em>
        {since}
        {tries === '' ? '' : `; ${tries}`}
      </p>
      <p class="progress-leaves">It goes on when {leavesWhen}.</p>
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

const ago = (nowMs: number, thenMs: number): string => durationInWords(Math.max(0, nowMs - thenMs) * 1_000);
