import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort } from './port.ts';

/** Where a program of Prometheus is, or nothing: it comes with the system's packages (`apt-get install prometheus`). */
export function prometheusProgram(name: 'prometheus' | 'promtool'): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map(folder => join(folder, name))
    .find(existsSync);
}

/** Why a test that needs Prometheus is skipped; nothing when it is there. */
export const withoutPrometheus =
  prometheusProgram('prometheus') === undefined
    ? 'there is no prometheus on the PATH (apt-get install prometheus)'
    : undefined;

/** The major version: ranges are closed before 3. */
export function prometheusMajor(): number {
  const text = execFileSync(prometheusProgram('prometheus')!, ['--version'], { encoding: 'utf8' });
  return Number(/version (\d+)\./.exec(text)?.[1]);
}

export interface PrometheusServer {
  url: string;
  /** Has the configuration and the rule files read again. */
  reload(): void;
  stop(): Promise<void>;
}

/** A Prometheus of its own, on a free port of loopback and an empty folder; ready when this resolves. */
export async function startPrometheus(config: string): Promise<PrometheusServer> {
  const folder = mkdtempSync(join(tmpdir(), 'nines-prometheus-'));
  const file = join(folder, 'prometheus.yml');
  writeFileSync(file, config);
  const port = await freePort();
  const child: ChildProcess = spawn(
    prometheusProgram('prometheus')!,
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-remote-write-receiver',
      '--log.level=warn',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let output = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-10_000);
  });
  const exited = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    child.kill('SIGTERM');
    // It would first end the turn of all its rules, which may take minutes; nothing of it is kept.
    const impatient = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await exited;
    clearTimeout(impatient);
    rmSync(folder, { recursive: true, force: true });
  };
  const giveUp = Date.now() + 60_000;
  for (;;) {
    const ready = await fetch(`${url}/-/ready`).then(
      response => response.ok,
      () => false,
    );
    if (ready) return { url, reload: () => child.kill('SIGHUP'), stop };
    if (child.exitCode !== null || Date.now() > giveUp) {
      await stop();
      throw new Error(`Prometheus does not start: ${output}`);
    }
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}
