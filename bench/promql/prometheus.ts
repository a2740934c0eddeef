import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../test/kit/port.ts';

export interface Running {
  url: string;
  /** In MiB. */
  peakMemory(): number;
  stop(): void;
}

/** Makes blocks of a file of OpenMetrics text, which goes. */
export async function makeBlocks(textFile: string, folder: string): Promise<void> {
  // One block, as a Prometheus that runs longer has it after its compactions; for blocks of two hours each the whole
  // file would be read once a block.
  const promtool = spawn(
    'promtool',
    [
      'tsdb',
      'create-blocks-from',
      'openmetrics',
      '--max-block-duration=162h',
      textFile,
      join(folder, 'prometheus'),
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const [code] = await once(promtool, 'exit');
  if (code !== 0) throw new Error(`promtool ended with ${code}.`);
  rmSync(textFile);
}

/** Prometheus (Debian: `apt-get install prometheus`) on a free port, over those blocks. */
export async function prometheusOver(folder: string): Promise<Running> {
  writeFileSync(join(folder, 'prometheus.yml'), 'scrape_configs: []\n');
  const port = await freePort();
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'prometheus')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--storage.tsdb.retention.time=90d',
      '--query.max-samples=500000000',
      '--query.timeout=10m',
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const url = `http://127.0.0.1:${port}`;
  const running: Running = {
    url,
    peakMemory: () =>
      Math.round(
        Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
      ),
    stop: () => child.kill(),
  };
  for (let tries = 0; tries < 600; tries++) {
    const ready = await fetch(`${url}/-/ready`).catch(() => undefined);
    if (ready?.ok) return running;
    await sleep(100);
  }
  running.stop();
  throw new Error('Prometheus did not become ready within a minute.');
}
