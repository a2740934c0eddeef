import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

/** Each series of an answer with its sum over the steps: enough to see that two answers are the same. */
export type Answer = Map<string, { points: number; sum: number }>;

interface Asked {
  url: string;
}
interface Answered {
  /** Until the whole body was there, before it was looked at. */
  ms: number;
  answer: Answer;
  error?: string;
}

type Point = [number, string];

/** Asks from a thread of its own, as clients are elsewhere: what they do is no work of the server. */
export function startClient(): { ask(url: string): Promise<Answered>; stop(): Promise<unknown> } {
  const worker = new Worker(new URL(import.meta.url));
  return {
    ask: async url => {
      worker.postMessage({ url } satisfies Asked);
      const [answered] = (await once(worker, 'message')) as [Answered];
      if (answered.error !== undefined) throw new Error(answered.error);
      return answered;
    },
    stop: () => worker.terminate(),
  };
}

if (!isMainThread)
  parentPort?.on('message', async ({ url }: Asked) => {
    const answered = await ask(url).catch(error => ({ ms: 0, answer: new Map(), error: String(error) }));
    parentPort?.postMessage(answered);
  });

async function ask(url: string): Promise<Answered> {
  const began = performance.now();
  const response = await fetch(url);
  const text = await response.text();
  const ms = performance.now() - began;
  const body = JSON.parse(text) as {
    error?: string;
    data: { result: { metric: Record<string, string>; value?: Point; values?: Point[] }[] };
  };
  if (!response.ok) throw new Error(body.error);
  const answer: Answer = new Map(
    body.data.result.map(({ metric, value, values }) => {
      const all = values ?? [value!];
      const key = JSON.stringify(Object.entries(metric).sort());
      return [key, { points: all.length, sum: all.reduce((sum, [, text]) => sum + Number(text), 0) }];
    }),
  );
  return { ms, answer };
}
