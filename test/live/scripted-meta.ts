/** A meta server that says what a test tells it to, over a real socket. */
import { DUPLICATION_STATUSES, type DuplicationStatus } from '../../machines/vocabulary.js';
import { type Cluster, openCluster } from '../../runtime/client/index.js';
import { type Explanation, explain } from '../../runtime/observe/explain.js';
import { type Handlers, RpcServer } from '../../runtime/pegasus/index.js';

export interface Script {
  status: DuplicationStatus;
  blocked: boolean;
  /** 'real': a cluster that knows no command of ours. */
  kind: 'embedded' | 'real';
  /** undefined: not duplicated. */
  dupid: number | undefined;
  remoteTable: string;
}

export const PEER = '10.0.0.9:34801';

export class ScriptedMeta {
  readonly script: Script = {
    status: 'DS_PREPARE',
    blocked: false,
    kind: 'embedded',
    dupid: 7,
    remoteTable: 'users',
  };
  /** Names of all requests, in order, with the arguments of commands and changes. */
  readonly asked: string[] = [];
  #server: RpcServer | undefined;
  #port = 0;

  get meta(): string {
    return `127.0.0.1:${this.#port}`;
  }

  count(request: string): number {
    return this.asked.filter((one) => one.startsWith(request)).length;
  }

  async start(): Promise<this> {
    this.#server = new RpcServer({ handlers: this.#handlers() });
    this.#port = (await this.#server.listen({ host: '127.0.0.1', port: this.#port })).port;
    return this;
  }

  async stop(): Promise<void> {
    await this.#server?.close();
  }

  open(): Promise<Cluster> {
    return openCluster({ meta: this.meta, timeoutMs: 2_000 });
  }

  #explain(): Explanation {
    const { status, blocked, dupid = 0, remoteTable } = this.script;
    const trouble = { error: 'ERR_ACL_DENY', operation: 'RPC_NFS_COPY', peer: PEER, hint: 'denied' };
    return explain({
      table: 'users',
      duplicationId: dupid,
      status,
      failMode: 'FAIL_SLOW',
      remoteCluster: 'west',
      remoteTable,
      blocked,
      stuck: null,
      actors: [
        {
          actor: 'followerTable',
          state: 'copying',
          meta: {
            waitingFor: 'the copy',
            from: 'the follower',
            leavesWhen: 'it is there',
            operatorCan: ['retry'],
          },
          sinceMs: 1,
          trouble: blocked ? { ...trouble, count: 3, firstSeenMs: 1, lastSeenMs: 1 } : null,
        },
      ],
      progress: {
        partitionCount: 2,
        prepared: 2,
        ready: 1,
        lagDecrees: 3,
        confirmed: [5, 4],
        lastCommitted: [6, 6],
        copiedBytes: 0,
        totalBytes: 0,
        skippedMutations: 0,
      },
    });
  }

  #handlers(): Handlers {
    const { script, asked } = this;
    const partitionStates = new Map([
      [0, { confirmedDecree: 5, lastCommittedDecree: 6 }],
      [1, { confirmedDecree: 4, lastCommittedDecree: 6 }],
    ]);
    const entries = () => {
      const { dupid, status, remoteTable } = script;
      const entry = {
        status: DUPLICATION_STATUSES.indexOf(status),
        remote: 'west',
        createTs: 1,
        failMode: 0,
        remoteAppName: remoteTable,
        remoteReplicaCount: 1,
        partitionStates,
      };
      return dupid === undefined ? [] : [{ dupid, ...entry }];
    };
    return {
      RPC_CM_CLUSTER_INFO: () => ({ err: 'ERR_OK', keys: ['cluster_name'], values: ['east'] }),
      RPC_CM_LIST_NODES: () => ({ err: 'ERR_OK', infos: [] }),
      RPC_CM_QUERY_DUPLICATION: ({ appName }) => {
        asked.push('query');
        if (appName !== 'users') return { err: 'ERR_APP_NOT_EXIST', appid: 0, entryList: [] };
        return { err: 'ERR_OK', appid: 1, entryList: entries() };
      },
      RPC_CM_LIST_DUPLICATION: () => {
        asked.push('list');
        const duplications = new Map(entries().map((entry) => [entry.dupid, entry]));
        return {
          err: 'ERR_OK',
          hintMessage: '',
          appStates: new Map([['users', { appid: 1, appName: 'users', partitionCount: 2, duplications }]]),
        };
      },
      RPC_CM_ADD_DUPLICATION: ({ appName, existingTablePolicy, dropFollowerOnRemove }) => {
        asked.push(`add ${existingTablePolicy ?? '-'} ${dropFollowerOnRemove ?? '-'}`);
        if (appName !== 'users') return { err: 'ERR_APP_NOT_EXIST', appid: 0, dupid: 0 };
        const err = script.dupid === undefined ? 'ERR_OK' : 'ERR_DUP_EXIST';
        script.dupid ??= 7;
        return {
          err,
          appid: 1,
          dupid: script.dupid,
          remoteAppName: script.remoteTable,
          remoteReplicaCount: 1,
        };
      },
      RPC_CM_MODIFY_DUPLICATION: ({ dupid, status, failMode, retryNow, followerTablePolicy }) => {
        asked.push(`modify ${JSON.stringify({ status, failMode, retryNow, followerTablePolicy })}`);
        if (dupid !== script.dupid) return { err: 'ERR_OBJECT_NOT_FOUND', appid: 1 };
        const next = status === undefined ? undefined : DUPLICATION_STATUSES[status];
        if (next === 'DS_LOG' && script.status === 'DS_APP') {
          return { err: 'ERR_INVALID_PARAMETERS', appid: 1, hint: 'legal in DS_APP: remove, fail-mode' };
        }
        if (next === 'DS_REMOVED') script.dupid = undefined;
        else if (next !== undefined) script.status = next;
        return { err: 'ERR_OK', appid: 1 };
      },
      RPC_CLI_CLI_CALL: ({ cmd, arguments: args }) => {
        asked.push(`${cmd} ${args.join(' ')}`.trim());
        if (script.kind === 'real') return `unknown command '${cmd}'`;
        if (cmd === 'bridle.explain')
          return JSON.stringify(script.dupid === undefined ? [] : [this.#explain()]);
        return JSON.stringify({ cluster: args[0], metas: args[1]?.split(',') });
      },
    };
  }
}
