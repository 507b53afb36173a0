import type { Address } from '../pegasus/schema.js';
import type {
  AddDuplicationOptions,
  AddedDuplication,
  CallLimits,
  ClusterInfo,
  CreateTableOptions,
  DuplicationChange,
  DuplicationInfo,
  ModifiedDuplication,
  ServerInfo,
  TableInfo,
} from './model.js';
import { notYet } from './not-yet.js';
import type { Table } from './table.js';

export interface OpenClusterOptions {
  /** 'host:port' of one or more meta servers; port 34601 when left out. */
  readonly meta: string | readonly string[];
  /** Default deadline of every call, in milliseconds. Default 10 000. */
  readonly timeoutMs?: number;
  /** Cancels opening, and every later call. */
  readonly signal?: AbortSignal;
}

/**
 * Connects to the leader among the given meta servers. BRIDLE_NOT_RUNNING when none answers.
 * @example
 * await using cluster = await openCluster({ meta: '127.0.0.1:34601' });
 */
export function openCluster(options: OpenClusterOptions): Promise<Cluster> {
  throw notYet(options);
}

export class Cluster implements AsyncDisposable {
  readonly name: string = '';
  readonly meta: readonly Address[] = [];
  /** Resolves when the table is available and every partition has a primary. */
  createTable(name: string, options: CreateTableOptions): Promise<TableInfo> {
    throw notYet(name, options);
  }
  /** Tables that are not dropped, by name. */
  listTables(limits: CallLimits = {}): Promise<TableInfo[]> {
    throw notYet(limits);
  }
  dropTable(name: string, limits: CallLimits = {}): Promise<void> {
    throw notYet(name, limits);
  }
  listNodes(limits: CallLimits = {}): Promise<ServerInfo[]> {
    throw notYet(limits);
  }
  info(limits: CallLimits = {}): Promise<ClusterInfo> {
    throw notYet(limits);
  }
  table(name: string, limits: CallLimits = {}): Promise<Table> {
    throw notYet(name, limits);
  }
  /** Remote command at any server; the answer is text. */
  command(
    address: Address | string,
    name: string,
    args: readonly string[] = [],
    limits: CallLimits = {},
  ): Promise<string> {
    throw notYet(address, name, args, limits);
  }
  listDuplications(table?: string, limits: CallLimits = {}): Promise<DuplicationInfo[]> {
    throw notYet(table, limits);
  }
  queryDuplication(table: string, limits: CallLimits = {}): Promise<DuplicationInfo[]> {
    throw notYet(table, limits);
  }
  addDuplication(options: AddDuplicationOptions): Promise<AddedDuplication> {
    throw notYet(options);
  }
  modifyDuplication(table: string, dupid: number, change: DuplicationChange): Promise<ModifiedDuplication> {
    throw notYet(table, dupid, change);
  }
  close(): Promise<void> {
    throw notYet();
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
