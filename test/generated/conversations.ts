/**
 * Which frame on the real network is which message of the model.
 *
 * The model's messages have no identity: of several of one kind the late ones are older. A question may take
 * more than one RPC; then the last one's answer is the model's answer.
 */
import type { Message } from '../../runtime/checker/product/index.js';
import type { Task, WireMessage } from '../../runtime/simulation/index.js';
import type { SteppedClusters } from '../../runtime/simulation/stepped-clusters.js';

/** A step that real clusters cannot be brought to do alone; its path ends there and says why. */
export class NotDrivable extends Error {
  override readonly name = 'NotDrivable';
}

/** The first RPC of each question. */
export const FIRST_RPC: Readonly<Record<string, string>> = {
  LookTable: 'RPC_CM_LIST_APPS',
  QueryPartitions: 'RPC_CM_LIST_APPS',
  CreateTable: 'RPC_CM_CREATE_APP',
  MarkCreated: 'RPC_CM_CREATE_APP',
  DropTable: 'RPC_CM_DROP_APP',
  Probe: 'RPC_RRDB_RRDB_DUPLICATE',
  Ship: 'RPC_RRDB_RRDB_DUPLICATE',
  QueryCheckpoint: 'RPC_QUERY_LAST_CHECKPOINT_INFO',
  CopyFile: 'RPC_NFS_COPY',
};

/** The questions that an answer may belong to. */
function questionsOf({ kind, body }: Message): readonly string[] {
  if (kind === 'Reply') return [(body as { asked: string }).asked];
  if (kind === 'At') return ['Probe', 'Ship'];
  return [kind.replace(/Answer$/, '')];
}

/** One RPC that carries a question. */
interface Conversation {
  readonly question: string;
  rpc: string;
}

const rpcOf = ({ connection, sequence }: WireMessage): string => `${connection}/${sequence}`;

export class Conversations {
  readonly #stepped: SteppedClusters;
  readonly #known: Conversation[] = [];
  readonly #seen = new Set<number>();

  constructor(stepped: SteppedClusters) {
    this.#stepped = stepped;
  }

  /** What waits on the network now is nobody's question. */
  ignorePresent(): void {
    for (const { id } of this.#stepped.held('message')) this.#seen.add(id);
  }

  /** Requests that have appeared since, by those who are meant. */
  fresh(from: string, to: string, code: string): Task[] {
    return this.#stepped
      .messages({ from, to, code, what: 'request' })
      .filter(({ id }) => !this.#seen.has(id));
  }

  /** @throws Error when the model asks and nobody asks on the real network */
  noteQuestion({ kind }: Message, from: string, to: string): void {
    const code = FIRST_RPC[kind] ?? kind;
    const task = this.fresh(from, to, code)[0];
    if (task?.message === undefined)
      throw new Error(`the model sends ${kind}; ${from} sends no ${code} to ${to}`);
    this.#seen.add(task.id);
    this.#known.push({ question: kind, rpc: rpcOf(task.message) });
  }

  /** From now on the question is carried by this RPC. */
  moveOn(from: WireMessage, to: Task, question: string): void {
    this.#seen.add(to.id);
    if (to.message === undefined) return;
    const known = this.#known.find(({ rpc }) => rpc === rpcOf(from));
    const rpc = rpcOf(to.message);
    if (known === undefined || this.#frames([known], 'request').length > 0)
      this.#known.push({ question, rpc });
    else known.rpc = rpc;
  }

  /**
   * The frame that is this message; undefined when it is on no network any more.
   *
   * @throws NotDrivable for an answer that the model takes for that of the last question, and is not
   */
  frameOf(message: Message): Task | undefined {
    const isAnswer = FIRST_RPC[message.kind] === undefined;
    const questions = isAnswer ? questionsOf(message) : [message.kind];
    const meant = this.#known.filter(({ question }) => questions.includes(question));
    const what = isAnswer ? 'reply' : 'request';
    const frames = this.#frames(meant, what);
    if (message.late === true) return frames[0];
    // What a server held back it answers without knowing that its requester has asked again since.
    if (isAnswer && frames.length > 0 && this.#frames(meant.slice(-1), what).length === 0) {
      throw new NotDrivable('the answer is that of an earlier question, which the model does not tell');
    }
    return frames.at(-1);
  }

  /** The answer to an RPC, if it is on its way. */
  answerTo(request: WireMessage): Task | undefined {
    return this.#stepped
      .messages({ what: 'reply' })
      .findLast(({ message }) => message !== undefined && rpcOf(message) === rpcOf(request));
  }

  #frames(meant: readonly Conversation[], what: WireMessage['what']): Task[] {
    const rpcs = new Map(meant.map(({ rpc }, at) => [rpc, at]));
    return this.#stepped
      .messages({ what })
      .filter(({ message }) => message !== undefined && rpcs.has(rpcOf(message)))
      .sort((a, b) => atOf(rpcs, a) - atOf(rpcs, b));
  }
}

const atOf = (rpcs: ReadonlyMap<string, number>, { message }: Task): number =>
  message === undefined ? 0 : (rpcs.get(rpcOf(message)) ?? 0);
