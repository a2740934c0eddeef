import type { WriteRequest } from '../remote-write/message.ts';

export const t0 = 1_700_000_000_000;

export type Page = string | { status?: number; body?: string; type?: string };

/** Pages by path or by whole URL; what is not there refuses the connection. */
export function pages(all: Record<string, Page | (() => Page)>) {
  const asked: { url: string; headers: Headers }[] = [];
  const fetching: typeof fetch = async (input, init) => {
    init?.signal?.throwIfAborted();
    const url = new URL(String(input));
    asked.push({ url: url.href, headers: new Headers(init?.headers) });
    const found = all[url.href] ?? all[url.pathname];
    if (found === undefined) throw new TypeError('fetch failed', { cause: new Error('connection refused') });
    const page = typeof found === 'function' ? found() : found;
    const { status = 200, body = '', type = 'text/plain' } = typeof page === 'string' ? { body: page } : page;
    return new Response(body, { status, headers: { 'content-type': type } });
  };
  return { asked, fetching };
}

/** A request as text: `name{labels} value@time`, a staleness marker as `stale`. */
export function shown({ series }: Pick<WriteRequest, 'series'>, { reports = false } = {}): string[] {
  return series
    .map(({ labels, samples: [sample] }) => {
      const own = Object.fromEntries(labels);
      const { __name__: name = '', job: _job, instance: _instance, ...rest } = own;
      const inside = Object.entries(rest).map(([label, value]) => `${label}=${value}`);
      return [
        name,
        `${name}{${inside.join()}} ${sample?.value ?? 'stale'}@${(sample!.at - t0) / 1000}`,
      ] as const;
    })
    .filter(([name]) => reports || (name !== 'up' && !name.startsWith('scrape_')))
    .map(([, text]) => text);
}
