export function notYet(..._args: readonly unknown[]): Error {
  return new Error('not implemented yet');
}
