/** What a table may be named, in words. */
export const TABLE_NAME_RULE = '1 to 128 of A-Z a-z 0-9 _ . : -';

/** More than small clusters are for; each partition is a store of its own. */
export const MAX_PARTITIONS = 1024;

/** A name that every cluster takes: TABLE_NAME_RULE. */
export function isTableName(name: string): boolean {
  return /^[A-Za-z0-9_.:-]{1,128}$/.test(name);
}
