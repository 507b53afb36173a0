/** What operators ask of upstream's source meta, and what becomes of it there. */
import type { DuplicationStatus, FailMode } from '../../../machines/vocabulary.js';
import type { Message, Move } from '../../../runtime/checker/product/model.js';
import type { Alterer, MetaDuplicationContext, MetaDuplicationEvent } from '../charts/metaDuplication.js';
import type { Fixes } from '../fixes.js';
import type { Resting } from '../host.js';
import { move } from '../parts.js';

/**
 * Each is also the budget of how often it is asked. `add`: a full duplication; `add incremental`: one
 * without a copy; `add elsewhere`: a full one under another remote name.
 */
export type Operator =
  | 'remove'
  | 'add'
  | 'add incremental'
  | 'add elsewhere'
  | 'add unknown cluster'
  | 'pause'
  | 'start'
  | 'fail mode';

export interface Write {
  readonly id: number;
  readonly status: DuplicationStatus;
  readonly failMode: FailMode;
  readonly by: Alterer;
}

export interface MetaLocal {
  /** The duplication in memory. */
  readonly memory: { readonly id: number; readonly chart: Resting<MetaDuplicationContext> } | null;
  readonly zk: {
    readonly id: number;
    readonly status: DuplicationStatus;
    readonly failMode: FailMode;
  } | null;
  /** On their way to ZooKeeper, oldest first. */
  readonly writes: readonly Write[];
  /** Counts restarts. */
  readonly run: number;
  readonly aborted: string | null;
  /** Error of the last answer to an operator. */
  readonly answered: string | null;
  readonly lastId: number;
  /** What operators were promised; upstream does not know these. */
  readonly existed: boolean;
  readonly wishedFailMode: FailMode;
  readonly wishesPause: boolean;
  /** What an add of an existing duplication asked for and was told. */
  readonly lastAdd: { readonly asked: string; readonly error: string } | null;
}

type Stepped = { readonly local: MetaLocal; readonly sends: readonly Message[] };
type Take = (local: MetaLocal, event: MetaDuplicationEvent) => Stepped;

export function operatorMoves(
  requests: readonly Operator[],
  fixes: Fixes,
  local: MetaLocal,
  take: Take,
  begin: () => Resting<MetaDuplicationContext>,
): readonly Move<MetaLocal>[] {
  return requests.flatMap((request) => {
    const stepped = carryOut(request, fixes, local, take, begin);
    return stepped === null
      ? []
      : [move<MetaLocal>('operator', `operator: ${request}`, local, { ...stepped, budget: request })];
  });
}

function carryOut(
  request: Operator,
  fixes: Fixes,
  local: MetaLocal,
  take: Take,
  begin: () => Resting<MetaDuplicationContext>,
): Stepped | null {
  const { memory } = local;
  const failMode = memory?.chart.context.failMode ?? 'FAIL_SLOW';
  const modify = (to: DuplicationStatus, mode: FailMode = failMode): Stepped =>
    take({ ...local, answered: null }, { type: 'ALTER', to, failMode: mode, by: 'modify' });
  const accepted = ({ local: after }: Stepped): boolean =>
    after.answered === null || after.answered === 'ERR_OK';
  const wishing = (stepped: Stepped, wish: Partial<MetaLocal>): Stepped =>
    accepted(stepped) ? { ...stepped, local: { ...stepped.local, ...wish } } : stepped;
  switch (request) {
    case 'remove':
      return memory === null ? null : wishing(modify('DS_REMOVED'), { existed: false });
    case 'pause':
      return memory === null ? null : wishing(modify('DS_PAUSE'), { wishesPause: true });
    case 'start':
      return memory === null ? null : wishing(modify('DS_LOG'), { wishesPause: false });
    case 'fail mode': {
      if (memory === null) return null;
      const status = memory.chart.at as DuplicationStatus;
      return wishing(modify(status, 'FAIL_SKIP'), { wishedFailMode: 'FAIL_SKIP' });
    }
    case 'add unknown cluster':
      // Before it is refused at the meta, the meta looks up what is not configured.
      return fixes.has('rdsn#425')
        ? { local: { ...local, answered: 'ERR_INVALID_PARAMETERS' }, sends: [] }
        : { local: { ...local, aborted: 'remote cluster is not configured' }, sends: [] };
    default:
      return add(request, fixes, local, take, begin);
  }
}

function add(
  request: 'add' | 'add incremental' | 'add elsewhere',
  fixes: Fixes,
  local: MetaLocal,
  take: Take,
  begin: () => Resting<MetaDuplicationContext>,
): Stepped {
  const to = request === 'add incremental' ? 'DS_LOG' : 'DS_PREPARE';
  const start: MetaDuplicationEvent = { type: 'ALTER', to, failMode: 'FAIL_SLOW', by: 'add' };
  if (local.memory === null) {
    const id = local.lastId + 1;
    return take(
      {
        ...local,
        memory: { id, chart: begin() },
        lastId: id,
        existed: true,
        wishedFailMode: 'FAIL_SLOW',
        wishesPause: false,
      },
      start,
    );
  }
  const asked = request === 'add elsewhere' ? 'elsewhere' : 'here';
  const error = fixes.has('#2038') ? 'ERR_DUP_EXIST' : 'ERR_OK';
  const known: MetaLocal = { ...local, answered: null, lastAdd: { asked, error } };
  if (fixes.has('adding does not alter')) return { local: known, sends: [] };
  const { local: after, sends } = take(known, start);
  return after.answered === null || after.answered === 'ERR_OK'
    ? { local: after, sends }
    : { local: { ...after, lastAdd: local.lastAdd }, sends };
}
