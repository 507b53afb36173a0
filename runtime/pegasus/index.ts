export { formatAddress, parseAddress } from './address.js';
export { BinaryReader, BinaryWriter } from './buffer.js';
export * from './client.js';
export * from './codes.js';
export * from './context.js';
export * from './enums.js';
export * from './errors.js';
export { FrameReader } from './frame-reader.js';
export * from './key.js';
export { type Connection, type Listener, type Network, tcp } from './network.js';
export type { Address, BaseType, Field, Fields, Gpid, Infer, StructType, WireType } from './schema.js';
export * from './schemas/index.js';
export * from './server.js';
export { isTableName, MAX_PARTITIONS, TABLE_NAME_RULE } from './table-rules.js';
export type { ClientTap, RpcTap, ServerTap, TappedCall } from './tap.js';
export {
  decodeStruct,
  decodeValue,
  decodeWrapped,
  encodeStruct,
  encodeValue,
  encodeWrapped,
} from './thrift.js';
export { type TlsNetworkOptions, tlsNetwork } from './tls.js';
export { checkServerNames, loadTls, TlsCredentials, type TlsFiles } from './tls-credentials.js';
export { TlsError, type TlsErrorCode } from './tls-errors.js';
export { isNamed, type PeerIdentity, type TlsName, type TlsRole } from './tls-identity.js';
export * from './value.js';
