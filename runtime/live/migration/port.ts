/** Does what the chart of a migration asks for: on two clusters, and in the journal. */
import type { MigrationPort } from '../../../actors/ports.js';
import type { MigrationReply, MigrationRequest } from '../../../machines/migrationVerdict.js';
import {
  ENV_DENY_CLIENT_REQUEST,
  ENV_FENCE,
  ENV_FOLLOWER_APP_STATUS,
  ENV_MASTER_APP_NAME,
  ENV_MASTER_CLUSTER,
  ENV_MASTER_METAS,
  ENV_OWNER,
  formatOwner,
} from '../../../machines/vocabulary.js';
import {
  BridleError,
  type CallLimits,
  type Cluster,
  rowsDiffer,
  type VerifyProgress,
  type VerifyReport,
  verifyTables,
} from '../../client/index.js';
import { type FenceNote, parseFenceNote } from '../../observe/fence.js';
import { fetchFence, releaseTable } from '../remote-commands.js';
import type { MigrationJournal } from './journal.js';
import { lookAtBoth, sideOf } from './look.js';

/** Clients are told at once, and ask their meta server anew. */
const DENIAL = 'reconfig*write';
const HANDSHAKE = [
  ENV_OWNER,
  ENV_MASTER_CLUSTER,
  ENV_MASTER_METAS,
  ENV_MASTER_APP_NAME,
  ENV_FOLLOWER_APP_STATUS,
];

export interface MigrationPortOptions {
  readonly source: Cluster;
  readonly target: Cluster;
  readonly journal: MigrationJournal;
  /** Of one request, less than the chart's deadline for it. */
  readonly timeoutMs: number;
  /** How long a real cluster is given to close a table everywhere. */
  readonly settleMs?: number | undefined;
  readonly reason: () => string | null;
  readonly onVerify?: ((progress: VerifyProgress) => void) | undefined;
  readonly onVerified?: ((report: VerifyReport) => void) | undefined;
}

export class ClusterMigrationPort implements MigrationPort {
  readonly #options: MigrationPortOptions;

  constructor(options: MigrationPortOptions) {
    this.#options = options;
  }

  async ask(request: MigrationRequest, signal: AbortSignal): Promise<MigrationReply> {
    const { requestNo } = request;
    const reply = { type: 'MIGRATION_REPLY', requestNo } as const;
    try {
      return { ...reply, error: 'ERR_OK', ...(await this.#perform(request, signal)) };
    } catch (error) {
      const { code, hint, what } = BridleError.from(error);
      return { ...reply, error: code, hint: hint ?? what };
    }
  }

  async #perform(
    request: MigrationRequest,
    signal: AbortSignal,
  ): Promise<Pick<MigrationReply, 'view' | 'equal' | 'hint'>> {
    const { source, target, journal, timeoutMs, settleMs } = this.#options;
    const limits = { timeoutMs, signal };
    switch (request.kind) {
      case 'Look':
        return { view: await lookAtBoth(source, target, journal.record, limits, settleMs) };
      case 'Record':
        if (request.step === 'done') await this.#tellWhereTo(limits);
        await journal.advance(request.step, this.#options.reason());
        return {};
      case 'CloseWrites':
        await this.#closeWrites(limits);
        return {};
      case 'OpenWrites':
        await this.#openWrites(limits);
        return {};
      case 'Verify':
        return this.#verify(signal);
      case 'EndDuplication':
        await this.#endDuplication(limits);
        return {};
      case 'OpenFollower':
        await this.#openFollower(limits);
        return {};
    }
  }

  get #note(): FenceNote {
    const { id, run, holder, closedMs } = this.#options.journal.record;
    return {
      id,
      run,
      by: `bridle migrate on ${holder.host}, process ${holder.pid}`,
      since: new Date(closedMs ?? Date.now()).toISOString(),
      undo: `bridle migrate --undo ${this.#options.journal.path}`,
    };
  }

  /**
   * The follower first: from the moment on that clients may look for another place to write, there must be none.
   * Only an embedded follower tells a client's write from what is shipped to it; a real one stays open.
   */
  async #closeWrites(limits: CallLimits): Promise<void> {
    const { source, target, journal } = this.#options;
    const { table, remoteTable } = journal.record;
    const follower = await sideOf(target, remoteTable, limits);
    const isFollower = follower.table?.envs[ENV_OWNER] === this.#owner;
    if (follower.report !== undefined && isFollower) await this.#close(target, remoteTable, limits);
    await this.#close(source, table, limits);
  }

  async #close(cluster: Cluster, table: string, limits: CallLimits): Promise<void> {
    await this.#refuseForeign(cluster, table, limits);
    const set = { [ENV_DENY_CLIENT_REQUEST]: DENIAL };
    try {
      await cluster.changeTableEnvs(table, {
        set: { ...set, [ENV_FENCE]: JSON.stringify(this.#note) },
        ...limits,
      });
    } catch (error) {
      // A real cluster takes no variable it does not know, and with it none.
      if (!(error instanceof BridleError && error.code === 'ERR_INVALID_PARAMETERS')) throw error;
      await cluster.changeTableEnvs(table, { set, ...limits });
    }
  }

  async #refuseForeign(cluster: Cluster, table: string, limits: CallLimits): Promise<void> {
    const envs = await envsOf(cluster, table, limits);
    const note = parseFenceNote(envs[ENV_FENCE]);
    const denial = envs[ENV_DENY_CLIENT_REQUEST];
    const { id } = this.#options.journal.record;
    const unknown =
      denial !== undefined && note === null && (await fetchFence(cluster, table, limits)) !== undefined;
    if ((note === null || note.id === id) && !unknown) return;
    throw BridleError.of('BRIDLE_FENCED', {
      operation: 'CloseWrites',
      hint: `${table} of ${cluster.name} is closed by ${note?.by ?? 'somebody who left no word'}`,
      values: { table },
    });
  }

  /** The source first: it is what clients wait for. */
  async #openWrites(limits: CallLimits): Promise<void> {
    const { source, target, journal } = this.#options;
    await this.#open(source, journal.record.table, limits);
    await this.#open(target, journal.record.remoteTable, limits);
  }

  /** Only a fence of this migration and of no later run; with its note, so that no late order puts it back. */
  async #open(cluster: Cluster, table: string, limits: CallLimits): Promise<void> {
    const envs = await envsOf(cluster, table, limits);
    const present = parseFenceNote(envs[ENV_FENCE]);
    const { id, closedMs } = this.#options.journal.record;
    if ((await fetchFence(cluster, table, limits)) === undefined) {
      // A real cluster keeps no note: that we closed it is in the journal.
      if (closedMs === null || envs[ENV_DENY_CLIENT_REQUEST] !== DENIAL) return;
      await cluster.changeTableEnvs(table, { remove: { [ENV_DENY_CLIENT_REQUEST]: null }, ...limits });
    } else if (present === null ? envs[ENV_DENY_CLIENT_REQUEST] === undefined : present.id === id) {
      const remove = { [ENV_FENCE]: JSON.stringify(this.#note), [ENV_DENY_CLIENT_REQUEST]: null };
      await cluster.changeTableEnvs(table, { remove, ...limits });
    }
  }

  async #verify(signal: AbortSignal): Promise<Pick<MigrationReply, 'equal' | 'hint'>> {
    const { source, target, journal, onVerify, onVerified } = this.#options;
    const { table, remoteTable } = journal.record;
    const report = await verifyTables({
      source: await source.table(table, { signal }),
      follower: await target.table(remoteTable, { signal }),
      owner: this.#owner,
      signal,
      ...(onVerify === undefined ? {} : { onProgress: onVerify }),
    });
    onVerified?.(report);
    if (report.equal) return { equal: true };
    return { equal: false, hint: rowsDiffer(report, table).hint ?? 'rows differ' };
  }

  async #endDuplication(limits: CallLimits): Promise<void> {
    const { source, journal } = this.#options;
    const { table, dupid } = journal.record;
    try {
      await source.modifyDuplication(table, dupid, {
        status: 'DS_REMOVED',
        followerTablePolicy: 'keep',
        ...limits,
      });
    } catch (error) {
      if (!(error instanceof BridleError && error.code === 'ERR_OBJECT_NOT_FOUND')) throw error;
    }
  }

  get #owner(): string {
    const { source, table, dupid } = this.#options.journal.record;
    return formatOwner({ sourceCluster: source.name, sourceTable: table, duplicationId: dupid });
  }

  async #openFollower(limits: CallLimits): Promise<void> {
    const { target, journal } = this.#options;
    const { remoteTable } = journal.record;
    if (await releaseTable(target, remoteTable, this.#owner, limits)) return;
    const remove = Object.fromEntries(HANDSHAKE.map((key) => [key, null]));
    await target.changeTableEnvs(remoteTable, { remove, ...limits });
  }

  /** For whoever finds the source closed later. The move is done without it. */
  async #tellWhereTo(limits: CallLimits): Promise<void> {
    const { source, journal } = this.#options;
    const { table, target, remoteTable } = journal.record;
    if ((await fetchFence(source, table, limits).catch(() => undefined)) === undefined) return;
    const note: FenceNote = { ...this.#note, undo: '', movedTo: `${target.name}/${remoteTable}` };
    await source
      .changeTableEnvs(table, { set: { [ENV_FENCE]: JSON.stringify(note) }, ...limits })
      .catch(() => undefined);
  }
}

const envsOf = async (
  cluster: Cluster,
  name: string,
  limits: CallLimits,
): Promise<Readonly<Record<string, string>>> =>
  (await cluster.listTables(limits)).find((one) => one.name === name)?.envs ?? {};
