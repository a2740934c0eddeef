import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readConfig } from './config.ts';

const folder = mkdtempSync(join(tmpdir(), 'nines-config-'));
after(() => rmSync(folder, { recursive: true }));

function read(text: string, env: NodeJS.ProcessEnv = {}) {
  const file = join(folder, 'nines.yaml');
  writeFileSync(file, text);
  return readConfig(file, env);
}

test('scraping is configured in Prometheus’s own words, with files beside the configuration', () => {
  const { telemetry } = read(`
telemetry:
  scrape:
    scrape_configs:
      - job_name: fleet
        file_sd_configs: [{ files: ['targets/*.yaml'] }]
        relabel_configs:
          - { source_labels: [__address__], regex: '(.*):.*', target_label: host, replacement: '\${1}' }
`);
  const [job] = telemetry.scrape?.scrape_configs ?? [];
  assert.deepEqual(job?.file_sd_configs[0]?.files, [join(folder, 'targets', '*.yaml')]);
  assert.equal(job?.relabel_configs[0]?.replacement, '${1}');
});

test('a word of Prometheus that is not known here is an error with its line', () => {
  const text =
    'telemetry:\n  scrape:\n    scrape_configs:\n      - job_name: x\n        dns_sd_configs: []\n';
  assert.throws(
    () => read(text),
    (error: Error & { detail?: { problems?: unknown[]; place?: { line?: number } } }) => {
      assert.match(JSON.stringify(error) + error.message, /dns_sd_configs/);
      assert.match(JSON.stringify(error), /"line":5/);
      return true;
    },
  );
});

test('a timeout that is longer than its interval is an error', () => {
  const text =
    'telemetry:\n  scrape:\n    scrape_configs:\n      - { job_name: x, scrape_interval: 5s, scrape_timeout: 10s }\n';
  assert.throws(
    () => read(text),
    (error: Error) => /timeout is longer than the interval/.test(JSON.stringify(error)),
  );
});

test('somebody else’s metrics are named by URL, with secrets from the environment', () => {
  const { telemetry } = read(
    "telemetry:\n  metrics:\n    default: { type: prometheus, url: 'http://p.example', bearerToken: '${TOKEN}' }\n",
    { TOKEN: 't0ken' },
  );
  assert.equal(telemetry.metrics?.default?.bearerToken, 't0ken');
  assert.equal(telemetry.metrics?.default?.timeout, '30s');
});
