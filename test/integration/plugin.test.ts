import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { operations } from '../../src/operations.ts';
import { toolName } from '../../src/surfaces/field.ts';
import { version } from '../../src/version.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const plugin = join(root, 'plugin');
/** The client that the plugin is tested with. */
const CLIENT = '2.1.197';

/** Installs the real client once a machine, outside the project. */
function installClient(): { bin: string } | { failure: string } {
  const prefix = join(tmpdir(), `nines-test-claude-code-${CLIENT}`);
  const bin = join(prefix, 'node_modules', '.bin', 'claude');
  if (existsSync(bin) && spawnSync(bin, ['--version']).status === 0) return { bin };
  mkdirSync(prefix, { recursive: true });
  const args = ['install', '--prefix', prefix, '--no-audit', '--no-fund', '--loglevel=error'];
  const installed = spawnSync('npm', [...args, `@anthropic-ai/claude-code@${CLIENT}`], {
    encoding: 'utf8',
    timeout: 170_000,
  });
  return installed.status === 0
    ? { bin }
    : { failure: `npm could not install the client: ${installed.stderr || installed.error}` };
}

test('the real client validates, installs and connects to the plugin', { timeout: 300_000 }, async t => {
  const client = installClient();
  if ('failure' in client) {
    assert.equal(process.env.CI, undefined, client.failure);
    return t.skip(client.failure);
  }
  const home = mkdtempSync(join(tmpdir(), 'nines-test-home-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const env = {
    PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}`,
    HOME: home,
    NINES_DATA: join(home, 'nines'),
    DISABLE_AUTOUPDATER: '1',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  };
  const claude = async (...args: string[]) =>
    (await promisify(execFile)(client.bin, args, { cwd: home, env, timeout: 120_000 })).stdout;

  await t.test('the marketplace and the plugin are valid', async () => {
    assert.match(await claude('plugin', 'validate', root), /Validation passed/);
    assert.match(await claude('plugin', 'validate', plugin), /Validation passed/);
  });

  await t.test('the repository is a marketplace from which the plugin installs', async () => {
    assert.match(await claude('plugin', 'marketplace', 'add', root), /Successfully added marketplace/);
    assert.match(await claude('plugin', 'install', 'nines@nines'), /Successfully installed plugin/);
    const details = await claude('plugin', 'details', 'nines');
    for (const name of readdirSync(join(plugin, 'skills'))) assert.ok(details.includes(name), name);
    assert.match(details, /Hooks \(1\) {2}UserPromptSubmit/);
  });

  await t.test('its MCP server connects', async () => {
    assert.match(await claude('mcp', 'list'), /plugin:nines:nines: .*Connected/);
  });

  await t.test('the copy that the client keeps finds the program too', async () => {
    const kept = join(home, '.claude', 'plugins', 'cache', 'nines', 'nines');
    const [installed] = readdirSync(kept);
    const launcher = join(kept, installed!, 'bin', 'nines.mjs');
    const { stdout } = await promisify(execFile)(process.execPath, [launcher, '--version'], { env });
    assert.equal(stdout.trim(), version);
  });
});

test('the manifests, the package and the program agree on the version', () => {
  const manifest = JSON.parse(readFileSync(join(plugin, '.claude-plugin', 'plugin.json'), 'utf8')) as {
    version: string;
  };
  assert.equal(manifest.version, version);
});

test('the skills name only tools that exist', () => {
  const tools = new Set(operations.filter(operation => operation.hidden?.mcp === undefined).map(toolName));
  for (const name of readdirSync(join(plugin, 'skills'))) {
    const text = readFileSync(join(plugin, 'skills', name, 'SKILL.md'), 'utf8');
    for (const [, word] of text.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g))
      if (word !== 'no_data') assert.ok(tools.has(word!), `${name} names the tool ${word}`);
  }
});

test('a shortcut that is typed brings the instructions of the command', async () => {
  const typed = (input: string) => {
    const run = spawnSync(process.execPath, [join(plugin, 'hooks', 'shortcut.mjs')], {
      input,
      encoding: 'utf8',
    });
    assert.equal(run.status, 0, run.stderr);
    assert.equal(run.stderr, '');
    if (run.stdout === '') return undefined;
    const { hookSpecificOutput } = JSON.parse(run.stdout) as {
      hookSpecificOutput: { hookEventName: string; additionalContext: string };
    };
    assert.equal(hookSpecificOutput.hookEventName, 'UserPromptSubmit');
    return hookSpecificOutput.additionalContext;
  };
  const prompt = (text: string) =>
    typed(JSON.stringify({ hook_event_name: 'UserPromptSubmit', prompt: text }));
  const slo = prompt('#slo checkout $& now') ?? '';
  assert.match(slo, /means \/nines:slo/);
  assert.ok(slo.includes('# SLO: checkout $& now'));
  assert.doesNotMatch(slo, /argument-hint/);
  assert.match(prompt('  #incident') ?? '', /# Incident: \n/);
  assert.match(prompt('#scale payments') ?? '', /not available in this version/);
  for (const untouched of ['#slow is the new down', 'see #slo', '# slo', '#incident-7 is closed', ''])
    assert.equal(prompt(untouched), undefined, untouched);
  for (const broken of ['', 'not json', '{}', '{"prompt": 7}']) assert.equal(typed(broken), undefined);
});
