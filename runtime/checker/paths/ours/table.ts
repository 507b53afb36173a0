import { type TableEvent, type TableInput, table } from '../../../../machines/index.js';
import { pathModel } from '../model.js';
import { FOREIGN_OWNER, OWNER } from './times.js';

const INPUT: TableInput = {
  name: 'users_copy',
  partitionCount: 4,
  replicaCount: 3,
  durable: 'AS_CREATING',
  requester: 'maker',
  storageRetryMs: 500,
  masterCluster: 'east',
  owner: OWNER,
  followerStatus: 'creating',
};

const create = (
  followerStatus: string,
  owner: string | null = OWNER,
  more: { readonly successIfExist?: boolean; readonly partitionCount?: number } = {},
): TableEvent => ({
  type: 'CREATE',
  requester: 'asker',
  successIfExist: more.successIfExist ?? false,
  partitionCount: more.partitionCount ?? 4,
  replicaCount: 3,
  envs: { masterCluster: 'east', owner, followerStatus },
});

/** Requesters have one name each: the chart counts them and tells them apart by nothing else. */
export const tableModel = pathModel({
  machine: table,
  options: {
    inputs: {
      'new table': INPUT,
      'not owned, as upstream makes it': { ...INPUT, durable: 'AS_AVAILABLE', requester: null, owner: null },
      'marked, after a restart': {
        ...INPUT,
        durable: 'AS_AVAILABLE',
        requester: null,
        followerStatus: 'created',
      },
      'being dropped': { ...INPUT, durable: 'AS_DROPPING', requester: null },
    },
    events: ({ context }): readonly TableEvent[] => [
      { type: 'TABLE_PERSISTED' },
      { type: 'TABLE_PERSIST_FAILED', error: 'ERR_ZOOKEEPER_OPERATION' },
      { type: 'DUPLICATING', yes: !context.duplicating },
      create('created'),
      create('created', null),
      { type: 'DROP', requester: 'dropper' },
      create('creating'),
      create('created', FOREIGN_OWNER),
      create('creating', OWNER, { successIfExist: true }),
      create('creating', OWNER, { successIfExist: true, partitionCount: 8 }),
      { type: 'DROP', requester: 'dropper', expectedOwner: FOREIGN_OWNER },
    ],
  },
  faults: ({ type }) => (type === 'TABLE_PERSIST_FAILED' || type.startsWith('xstate.after') ? type : null),
});
