import { statfs } from 'node:fs/promises';

/** Below this the embedded engines begin to refuse writes. */
const LEAST_FREE_BYTES = 64 * 1024 * 1024;

/** Whether there is room on the disk of a folder: for `/readyz`, so that a full disk is known before data is refused. */
export function diskCheck(path: string) {
  return {
    name: 'disk',
    check: async () => {
      const { bavail, bsize } = await statfs(path);
      const free = bavail * bsize;
      if (free >= LEAST_FREE_BYTES) return { ok: true };
      return { ok: false, detail: `${Math.floor(free / 1024 / 1024)} MiB are left on the disk of ${path}` };
    },
  };
}
