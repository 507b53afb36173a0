/** What a duplication promises its operators: an answer, the right one, and once. */
import type {
  DuplicationContext as Context,
  DuplicationEffects as Effects,
  DuplicationEvent as Event,
  DuplicationInput as Input,
} from '../../../../machines/index.js';
import { OPERATOR_MAY_REQUEST } from '../../../../machines/index.js';
import { answers as heardBy } from './duplication-storage.js';
import { asked, type ChartPromise, type View } from './promise.js';

const idle = ({ control }: View<Context>): boolean => control.includes('storage.idle');
const answersIn = (effects: Parameters<typeof asked>[0]): Effects['answer'][] =>
  asked<Effects['answer']>(effects, 'answer');

export const duplicationAnswers: readonly ChartPromise<Context, Event, Input>[] = [
  {
    name: 'Obeys (L-OBEY-1)',
    ofStep: ({ before, after, event, effects }) => {
      if (event.type !== 'MODIFY' || after.status !== 'active') return null;
      const { context } = before;
      const [answer] = answersIn(effects).filter(({ requester }) => requester === event.requester);
      const write = asked(effects, 'persistStatus').length > 0;
      if (write && !idle(before)) return 'a change is taken while another is written';
      if (write && after.context.requester !== event.requester) return 'it forgets who asked';
      if (write) {
        if (answer !== undefined) return 'answered before it is durable';
      } else if (answer === undefined) return 'no answer';
      if (!idle(before))
        return answer?.error === 'ERR_BUSY' && answer.hint ? null : 'not told that it is busy';
      const { status = context.status, failMode = context.failMode, onRemove = context.onRemove } = event;
      const legal = status === context.status || OPERATOR_MAY_REQUEST[context.status].includes(status);
      const refused = !legal || failMode === 'FAIL_FAST' || context.status === 'DS_REMOVED';
      if (refused)
        return write || answer?.error === 'ERR_OK' ? 'accepted, and it is not legal' : hinted(answer);
      const alike =
        status === context.status && failMode === context.failMode && onRemove === context.onRemove;
      if (alike)
        return answer?.error === 'ERR_OK' && !write ? null : 'what changes nothing is not done at once';
      return write ? null : `a legal request is answered ${answer?.error}`;
    },
  },
  {
    name: 'whoever waits for storage is answered, once (L-OBEY-1)',
    ofStep: ({ before, after, event, timer, effects }) => {
      const { requester } = before.context;
      const heard = heardBy(before, event);
      const slow = timer?.includes('storage.writing') ?? false;
      if (event.type === 'MODIFY') {
        return idle(before) || after.context.requester === requester ? null : 'it forgets who waits';
      }
      const answers = answersIn(effects);
      if (!heard && !slow) {
        if (answers.length > 0) return 'answered though nothing is decided';
        return after.context.requester === requester ? null : 'it forgets who waits';
      }
      const [answer, more] = answers;
      if (answer === undefined || more !== undefined) return 'no answer, or more than one';
      if (answer.requester !== requester || after.context.requester !== null) return 'another is answered';
      if (event.type === 'STATUS_PERSISTED')
        return answer.error === 'ERR_OK' ? null : `answered ${answer.error}`;
      const error = event.type === 'STATUS_PERSIST_FAILED' ? event.error : 'ERR_TIMEOUT';
      return answer.error === error ? hinted(answer) : `answered ${answer.error}`;
    },
    ofStart: ({ after, input }) =>
      after.context.requester === input.requester ? null : 'it forgets who asked',
  },
];

const hinted = (answer: Effects['answer'] | undefined): string | null =>
  answer?.hint ? null : 'a refusal without a reason';
