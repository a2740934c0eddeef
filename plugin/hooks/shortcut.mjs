// Recognises a shortcut at the start of a prompt (#slo checkout) and adds what /nines:slo checkout would say.
// Anything else passes untouched; whatever goes wrong here must never keep a prompt from being sent.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const MAX_INPUT = 1024 * 1024;

function skill(name) {
  const file = fileURLToPath(new URL(`../skills/${name}/SKILL.md`, import.meta.url));
  return existsSync(file) ? readFileSync(file, 'utf8').replace(/^---\n[\s\S]*?\n---\n/, '') : undefined;
}

export function contextFor(prompt) {
  const match = /^\s*#(incident|postmortem|monitor|deploy|scale|slo)(?![\w-])[ \t]*([\s\S]*)$/.exec(prompt);
  if (match === null) return undefined;
  const [, name, rest] = match;
  const text = skill(name);
  if (text === undefined) return `The shortcut #${name} is not available in this version of Nines. Say so.`;
  return `The prompt begins with the shortcut #${name}, which means /nines:${name}. Follow these instructions:\n\n${text.replaceAll('$ARGUMENTS', () => rest.trim())}`;
}

async function main() {
  let input = '';
  for await (const chunk of process.stdin) {
    input += chunk;
    if (input.length > MAX_INPUT) return;
  }
  const { prompt } = JSON.parse(input);
  const additionalContext = typeof prompt === 'string' ? contextFor(prompt) : undefined;
  if (additionalContext !== undefined)
    process.stdout.write(
      JSON.stringify({ hookSpecificOutput: { hookEventName: 'UserPromptSubmit', additionalContext } }),
    );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main().catch(() => {});
