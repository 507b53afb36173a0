/** Where primaries are is no question in the model: whoever asks is answered at once. */
import type { SteppedClusters } from '../../runtime/simulation/index.js';
import { type Conversations, NotDrivable } from './conversations.js';
import { primaryIsAt } from './frames.js';

export const LOCATE = 'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX';

/** @throws NotDrivable when a follower node asks what was confirmed, and nobody is there to tell */
export async function answerLocates(stepped: SteppedClusters, conversations: Conversations): Promise<void> {
  const { source, follower } = stepped.clusters;
  for (const [node, there] of [
    ['east/replica-0', follower],
    ['west/replica-0', source],
  ] as const) {
    for (const task of stepped.messages({ from: node, code: LOCATE, what: 'request' })) {
      const appId = there.replica(0)?.partitions().at(-1)?.gpid.appId ?? 1;
      const frame = task.message?.bytes ?? Buffer.alloc(0);
      const primary = there.addressOf(`${there.name}/replica-0`);
      await stepped.answerInstead(task, primaryIsAt(frame, primary, appId));
    }
  }
  const asked = stepped.messages({ code: 'RPC_CM_QUERY_DUPLICATION', what: 'request' })[0];
  if (asked?.message === undefined) return;
  await stepped.release(asked);
  const answer = conversations.answerTo(asked.message);
  if (answer === undefined) throw new NotDrivable('the source does not say what was confirmed');
  await stepped.release(answer);
  await answerLocates(stepped, conversations);
}
