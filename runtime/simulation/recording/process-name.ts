/** @example processName('east/replica-0') // 'east replica 0', as recordings of live runs have it */
export function processName(server: string): string {
  // Only operators announce no address in a simulated world.
  if (server === 'client') return 'operator';
  const [, cluster, role = ''] = /^(.+)\/(.+)$/.exec(server) ?? [];
  return cluster === undefined ? server : `${cluster} ${role.replace('replica-', 'replica ')}`;
}
