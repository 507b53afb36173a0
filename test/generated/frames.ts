/** Frames rewritten: what a node said a moment ago, and where a primary is. */
import type { NodeReport } from '../../runtime/cluster/node-sync.js';
import {
  type Address,
  BinaryReader,
  BinaryWriter,
  decodeWrapped,
  encodeArgument,
  encodeWrapped,
  type Request,
  RPC,
} from '../../runtime/pegasus/index.js';
import { decodeRdsnMessage, encodeRdsnRequest, encodeRdsnResponse } from '../../runtime/pegasus/rdsn.js';

const SYNC = 'RPC_BRIDLE_NODE_SYNC';
const LOCATE = 'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX';

/** The request of a node sync with another report in it. */
export function withReport(frame: Buffer, change: (report: NodeReport) => NodeReport): Buffer {
  const { header, body } = decodeRdsnMessage(frame);
  const { json } = decodeWrapped(new BinaryReader(body), RPC[SYNC].request) as Request<typeof SYNC>;
  const report = change(JSON.parse(json) as NodeReport);
  const w = new BinaryWriter();
  encodeRdsnRequest(w, header, (args) => encodeArgument(args, SYNC, { json: JSON.stringify(report) }, 0));
  return w.finish();
}

/** The answer of a server that has no time now. */
export function busyAnswer(frame: Buffer): Buffer {
  const { header } = decodeRdsnMessage(frame);
  const w = new BinaryWriter();
  encodeRdsnResponse(w, header, 'ERR_BUSY');
  return w.finish();
}

/** The answer to whoever asks where the only partition of a table is. */
export function primaryIsAt(frame: Buffer, primary: Address, appId: number): Buffer {
  const { header } = decodeRdsnMessage(frame);
  const partition = {
    pid: { appId, partitionIndex: 0 },
    ...{ ballot: 1, maxReplicaCount: 1, lastCommittedDecree: 0, partitionFlags: 0 },
    ...{ primary, secondaries: [], lastDrops: [] },
    ...{ hpPrimary: primary, hpSecondaries: [], hpLastDrops: [] },
  };
  const answer = { err: 'ERR_OK', appId, partitionCount: 1, isStateful: true, partitions: [partition] };
  const w = new BinaryWriter();
  encodeRdsnResponse(w, header, 'ERR_OK', (result) => encodeWrapped(result, RPC[LOCATE].response, answer, 0));
  return w.finish();
}
