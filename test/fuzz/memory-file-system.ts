/** Files in memory, at once: a disk for one input. */
import { DiskTree } from '../../runtime/simulation/disk-tree.js';
import type { FileSystem, LogFile } from '../../runtime/store/file-system.js';

export function memoryFileSystem(): FileSystem {
  const tree = new DiskTree();
  const file = (path: string, create: boolean): LogFile => {
    const opened = tree.openFile(path, create);
    return {
      write: async (buffers, position) => {
        let at = position;
        for (const bytes of buffers) {
          opened.write(bytes, at);
          at += bytes.length;
        }
      },
      datasync: async () => opened.sync(),
      truncate: async (sizeBytes) => opened.truncate(sizeBytes),
      read: async (length, position) => opened.read(length, position),
      size: async () => opened.sizeBytes,
      close: async () => {},
    };
  };
  return {
    open: async (path, options = {}) => file(path, options.create === true),
    syncDirectory: async (path) => tree.syncDirectory(path),
    makeDirectory: async (path) => tree.makeDirectory(path),
    list: async (path) => tree.list(path),
    stat: async (path) => tree.stat(path),
    has: (path) => tree.has(path),
    rename: async (from, to) => tree.rename(from, to),
    remove: async (path) => tree.remove(path),
    link: async (from, to) => tree.link(from, to),
    copy: async (from, to) => tree.copy(from, to),
    freeBytes: async () => 1024 ** 4,
  };
}
