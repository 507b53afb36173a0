export const UNPACKED: string;
export function findPromtool(): string | undefined;
export function findParser():
  | { readonly command: string; readonly env: Record<string, string | undefined> }
  | undefined;
