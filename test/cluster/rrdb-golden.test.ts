import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RrdbService, rrdbApply } from '../../runtime/cluster/rrdb/index.js';
import { BinaryReader, decodeWrapped, duplicateResponse, RpcServer } from '../../runtime/pegasus/index.js';
import { decodeRdsnMessage } from '../../runtime/pegasus/rdsn.js';
import { PartitionStore } from '../../runtime/store/index.js';

/*
 * A DUPLICATE that a real server sent and that ended the real server which received it: five puts for partition 1
 * of table 4, the first one without a message.
 */
/** The value all four whole entries carry. */
const value =
  '60d01f2c7b7943a43710ca407e8d727c2fd4d0a4ee4fb4b676a7b8c66b90c2b786e72748549b6eb3751f0759dc196c476a25' +
  '82d0a32238652e254f42c9d38065754732fd45be65eb457f6f59f6793938dbc01ffc89b6b100c752233a943ccb9095a3b0ac' +
  '7f7cc4f35fb1787b896f2b8fadcfc823ac5e807a1e7ca679c2963e730614c484714fefab44d34d597c86a3328066357b6a63' +
  '8d92616356b1f04a563df852c5d00689efa2f44aa006a728434d907eefcef5b8dec27f55236fc3641cfa01adb126ecf582fd' +
  '02ae6acf834acb8d7c202c20959e0534434d0ef322719c1e1f7008defc479c918ad2159137c465bf4f1b40d3cd4a5ea82b01' +
  '49f6ef6aaec8784244008d8d67f5f9f2353ddcc9906eee5c951bc8c785669a8f2b91fb9811701c83935c52f5dea3d139ca4d' +
  'a1d4fd5bbdf62fc7a97a49e86568ab336da113875f5eb4ba987f13bf5c58f890bb857ca76d6532968fcdf33c0749343c718a' +
  '6898081842c1557f2f5c8832778c443026773eb7c0f5c42561de6041577e91f6403d1546e002224fa6a04d748fefa7adce26' +
  '83fed52e46a33afcd82346f4c606ec9bd15b751d77e253ea39053b4e5635c4d6e27ed5148ccdaf2d74ceb4d35027ced9ccd3' +
  '8429582122009d90732dd371ece4d76ba146666d84330b967bfde04bbb97991db38c6f837c12f062cfcc568a6f67c3d90bcb' +
  '483f43b92a335f2233e36da4f1ef791125435dd84c5baa26a6e98c291803e5967c8a931cdd34d0a259db762c14a238c2811c' +
  '443b03b22754ac986f1c851ec81ae4fcb297689742185649382ecd622f4f48b00fca4406cce33eee3ff96e53a40bc37df12e' +
  'c6a3c656b33f3dedd019dcb4555d756958aaacfe355acd6f3a0d0039271830763b72794dd3ca5b7d487317075f7ab1be4ab5' +
  '931c318651c046d36e47d1e88a36f23a382fffa48e43416f86bc731826cd02d03b7117c26d77b829b22fdd44f96f5fec72d5' +
  'be7ea782eb6b759bdaa9ad1e2632175427a53c4a0cf851bab488911909821328b196418e8252269aa277af23fe85a4dd077b' +
  'e376400c5ce829a59239481bd0b17a71a218793ebe22bdeedbbfe46e9435bb9c1453763a0281247600de2e9eafc810f1b649' +
  '549d4f93a143e6d3511a43bf0e7fb09d7047152ee3557633511fe55debd7f4ae2cc2b85b499a3328ae7086b5aba4bcbb6d70' +
  '35ddfa62d53f9bfd6d5382da279a89d1bf8c5029384145629fcfda72dafc9f17b89eeb34677500aa8aac243c094fd86dd682' +
  '83863bc9d7c860631578e3b12f848dbbde7fd496857f8fb6b317426053487294efb533d1efd8e81c0912b67a9b665af96a56' +
  'c4cf10bb4f6e9d3f28fb37da675095f00818380175a313d9ae519f422393bea5f7ba556fa2cf4d75a956bbf3e781fc442142' +
  '9f5cf85d04a0b0214c2dbb40f85c69de01814e375e426d11';
const between = [
  '5244534e00000000c0000000000000009c110000000000008b03010000000000620cbfbd5661e9bc5250435f525244425f52' +
    '5244425f4455504c494341544500000000000000000000000000000000000000000000000000fa0000000000000004000000' +
    '0100000041040000000000000100f3870100007fa0860100bd7b000041587c8f47017eb40000000000000000000000000000' +
    '0000000000000000000000000000000000000000000000000000000000000000000000000000000000000c00000f00010c00' +
    '0000050a0001000660e20748baf10c0002000000115250435f525244425f525244425f5055540c0003000000000300040100' +
    '0a0001000660e20748baf10c0002000000115250435f525244425f525244425f5055540c0003000004290c00010c00010000' +
    '000f000c757365723030303030323431730c000200000400',
  '08000300000000000003000401000a0001000660e20748efb90c0002000000115250435f525244425f525244425f5055540c' +
    '0003000004290c00010c00010000000f000c757365723030303030323530730c000200000400',
  '08000300000000000003000401000a0001000660e20748f0810c0002000000115250435f525244425f525244425f5055540c' +
    '0003000004290c00010c00010000000f000c757365723030303030323630730c000200000400',
  '08000300000000000003000401000a0001000660e20748f1410c0002000000115250435f525244425f525244425f5055540c' +
    '0003000004290c00010c00010000000f000c757365723030303030323731730c000200000400',
  '08000300000000000003000401000000',
];
const frame = Buffer.from(between.join(value), 'hex');

test('the batch with an empty message that ended a real server is answered with error 4', async () => {
  // Given the frame as it was captured, and a server for the partition it is meant for.
  expect(createHash('sha256').update(frame).digest('hex')).toBe(
    '5ea7653aacecd182a9c909f4f7c3f86bce1ad25f2d10fff279e8e66bffb6c54d',
  );
  const directory = await mkdtemp(join(tmpdir(), 'rrdb-'));
  const store = await PartitionStore.open({ directory, apply: rrdbApply({ clusterId: 2 }) });
  const gpid = { appId: 4, partitionIndex: 1 };
  const partition = { gpid, partitionCount: 8, store, owner: null, writable: true };
  const service = new RrdbService({
    partition: () => partition,
    clusterId: 2,
    serverAddress: '127.0.0.1:35802',
  });
  const server = new RpcServer({ handlers: service.handlers });
  const { host, port } = await server.listen({ host: '127.0.0.1', port: 0 });
  const socket = connect(port, host);
  try {
    // When it arrives, twice, as from a sender that does not give up.
    const answers = (count: number) =>
      new Promise<Buffer>((resolve, reject) => {
        let received = Buffer.alloc(0);
        socket.once('error', reject);
        socket.on('data', (chunk) => {
          received = Buffer.concat([received, chunk]);
          if (received.length >= 192 && received.length >= count * (192 + received.readUInt32LE(16)))
            resolve(received);
        });
      });
    socket.write(Buffer.concat([frame, frame]));
    const bytes = await answers(2);
    // Then it is refused with its reason, nothing is applied, and the server goes on.
    const { header, body } = decodeRdsnMessage(bytes.subarray(0, 192 + bytes.readUInt32LE(16)));
    expect(header.error).toBe('ERR_OK');
    expect(decodeWrapped(new BinaryReader(body), duplicateResponse)).toEqual({
      error: 4,
      errorHint: 'entry 0 of 5: RPC_RRDB_RRDB_PUT without a message',
    });
    expect(store.lastDurableDecree).toBe(0);
  } finally {
    socket.destroy();
    await server.close();
    await store.close();
    await rm(directory, { recursive: true });
  }
});
