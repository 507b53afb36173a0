/** Does what the chart of a supervisor asks for: on two clusters, and in the journal. */
import type { SupervisionPort } from '../../../actors/ports.js';
import type { SupervisionReply, SupervisionRequest } from '../../../machines/supervisorVerdict.js';
import { ENV_OWNER, formatOwner } from '../../../machines/vocabulary.js';
import {
  BridleError,
  type CallLimits,
  rowsDiffer,
  type VerifyProgress,
  type VerifyReport,
  verifyTables,
} from '../../client/index.js';
import type { Explanation } from '../../observe/explain.js';
import { type CheckCode, type Finding, preflight } from '../preflight/index.js';
import { fetchExplanations, registerRemote } from '../remote-commands.js';
import type { SupervisionJournal } from './journal.js';
import { lookAtBoth, type Watched } from './look.js';

export interface SupervisionPortOptions extends Watched {
  readonly replicaCount: number | undefined;
  readonly journal: SupervisionJournal;
  /** Of one request, less than the chart's deadline for it. */
  readonly timeoutMs: number;
  readonly epochMs: () => number;
  /** Of the look that came last; null without a duplication. */
  readonly onExplanation: (explanation: Explanation | null) => void;
  /** What a preflight has found to be in the way, errors only. */
  readonly onFindings: (findings: readonly Finding[]) => void;
  readonly onVerify: (progress: VerifyProgress) => void;
  readonly onVerified: (report: VerifyReport) => void;
}

/** What a look judges better: whose a table is, and what is to be done about it. */
const LOOKED_AT: ReadonlySet<CheckCode> = new Set<CheckCode>(['follower-table', 'duplication-there']);
/** What may pass by itself, or when somebody opens a way. */
const OF_THE_WAY: ReadonlySet<CheckCode> = new Set<CheckCode>([
  'source-meta',
  'follower-meta',
  'source-partitions',
  'source-nodes',
  'follower-nodes',
  'create-path',
  'data-path',
  'ship-path',
]);

export class ClusterSupervisionPort implements SupervisionPort {
  readonly #options: SupervisionPortOptions;

  constructor(options: SupervisionPortOptions) {
    this.#options = options;
  }

  async ask(request: SupervisionRequest, signal: AbortSignal): Promise<SupervisionReply> {
    const { requestNo } = request;
    const reply = { type: 'SUPERVISION_REPLY', requestNo } as const;
    try {
      return { ...reply, error: 'ERR_OK', ...(await this.#perform(request, signal)) };
    } catch (error) {
      const { code, hint, what } = BridleError.from(error);
      return { ...reply, error: code, hint: hint ?? what };
    }
  }

  async #perform(
    request: SupervisionRequest,
    signal: AbortSignal,
  ): Promise<Pick<SupervisionReply, 'view' | 'path' | 'equal' | 'hint'>> {
    const { journal, timeoutMs, epochMs, onExplanation } = this.#options;
    const limits = { timeoutMs, signal };
    switch (request.kind) {
      case 'Look': {
        const { view, explanation } = await lookAtBoth(this.#options, journal.memory, epochMs(), limits);
        onExplanation(explanation);
        return { view };
      }
      case 'Preflight':
        return this.#preflight(signal);
      case 'Record':
        await journal.remember(request.memory);
        return {};
      case 'Add':
        await this.#add(limits);
        return {};
      case 'Retry':
        await this.#retry(request.dupid, limits);
        return {};
      case 'Remove':
        await this.#remove(request.dupid, limits);
        return {};
      case 'Drop':
        await this.#drop(request, limits);
        return {};
      case 'Verify':
        return this.#verify(request.dupid, signal);
    }
  }

  async #preflight(signal: AbortSignal): Promise<Pick<SupervisionReply, 'path' | 'hint'>> {
    const { source, target, table, remoteTable, replicaCount, onFindings } = this.#options;
    const { findings } = await preflight({ source, target, table, remoteTable, replicaCount, signal });
    const errors = findings.filter(({ severity, code }) => severity === 'error' && !LOOKED_AT.has(code));
    onFindings(errors);
    const [first] = errors;
    if (first === undefined) return { path: 'open' };
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
    const path = errors.every(({ code }) => OF_THE_WAY.has(code)) ? 'blocked' : 'refused';
    return { path, hint: `${first.code}: ${first.what}${more}` };
  }

  /** Only where no table is: what is there then was made by this duplication. */
  async #add(limits: CallLimits): Promise<void> {
    const { source, target, table, remoteTable, replicaCount } = this.#options;
    if ((await this.#followerTable(limits)) !== undefined) {
      throw BridleError.of('ERR_APP_EXIST', { hint: `${target.name} has a table ${remoteTable} by now` });
    }
    await registerRemote(source, target, limits);
    await source.addDuplication({
      table,
      remoteCluster: target.name,
      remoteTable,
      ...(replicaCount === undefined ? {} : { remoteReplicaCount: replicaCount }),
      ...limits,
    });
  }

  /** A real source tries again with every sync, whatever it is told. */
  async #retry(dupid: number, limits: CallLimits): Promise<void> {
    const { source, table } = this.#options;
    if ((await fetchExplanations(source, table, limits)) === undefined) return;
    await unlessGone(() => source.modifyDuplication(table, dupid, { retryNow: true, ...limits }));
  }

  async #remove(dupid: number, limits: CallLimits): Promise<void> {
    const { source, table } = this.#options;
    const change = { status: 'DS_REMOVED', followerTablePolicy: 'keep', ...limits } as const;
    await unlessGone(() => source.modifyDuplication(table, dupid, change));
  }

  /** A cluster drops by name: what has the name is looked at once more, and an embedded one looks itself. */
  async #drop(
    { appId, owner }: { readonly appId: number; readonly owner: string | null },
    limits: CallLimits,
  ): Promise<void> {
    const { target, remoteTable } = this.#options;
    const found = await this.#followerTable(limits);
    if (found === undefined) return;
    const present = found.envs[ENV_OWNER] ?? null;
    if (found.appId !== appId || present !== owner) {
      throw BridleError.of('BRIDLE_FOREIGN_TABLE', {
        operation: 'Drop',
        hint: `${remoteTable} of ${target.name} is table ${found.appId} of ${present ?? 'nobody'} by now, not ${appId}`,
      });
    }
    await unlessGone(() => target.dropTable(remoteTable, { expectedOwner: owner, ...limits }));
  }

  async #followerTable(limits: CallLimits) {
    const { target, remoteTable } = this.#options;
    return (await target.listTables(limits)).find(({ name }) => name === remoteTable);
  }

  async #verify(dupid: number, signal: AbortSignal): Promise<Pick<SupervisionReply, 'equal' | 'hint'>> {
    const { source, target, table, remoteTable, onVerify, onVerified } = this.#options;
    const report = await verifyTables({
      source: await source.table(table, { signal }),
      follower: await target.table(remoteTable, { signal }),
      owner: formatOwner({ sourceCluster: source.name, sourceTable: table, duplicationId: dupid }),
      signal,
      onProgress: onVerify,
    });
    onVerified(report);
    if (report.equal) return { equal: true };
    return { equal: false, hint: rowsDiffer(report, table).hint ?? 'rows differ' };
  }
}

const GONE: ReadonlySet<string> = new Set(['ERR_OBJECT_NOT_FOUND', 'ERR_APP_NOT_EXIST']);

/** What is gone already needs no taking away. */
async function unlessGone(change: () => Promise<unknown>): Promise<void> {
  try {
    await change();
  } catch (error) {
    if (!(error instanceof BridleError && GONE.has(error.code))) throw error;
  }
}
