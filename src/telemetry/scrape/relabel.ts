import { createHash } from 'node:crypto';
import { RE2JS } from 're2js';
import { z } from 'zod';
import { messageOf } from '../../kernel/index.ts';

const actions = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
] as const;

/** One rule, in Prometheus's own words: https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config */
export const RelabelConfig = z
  .strictObject({
    source_labels: z.array(z.string().min(1)).max(64).default([]),
    separator: z.string().max(64).default(';'),
    target_label: z.string().max(256).default(''),
    regex: z.coerce.string().max(16_384).default('(.*)'),
    modulus: z.int().min(1).optional(),
    replacement: z.string().max(4096).default('$1'),
    action: z.string().toLowerCase().pipe(z.enum(actions)).default('replace'),
  })
  .superRefine((rule, context) => {
    const wantsTarget = ['replace', 'hashmod', 'lowercase', 'uppercase', 'keepequal', 'dropequal'];
    if (wantsTarget.includes(rule.action) && rule.target_label === '')
      context.addIssue({
        code: 'custom',
        message: `${rule.action} needs a target_label`,
        path: ['target_label'],
      });
    if (rule.action === 'hashmod' && rule.modulus === undefined)
      context.addIssue({ code: 'custom', message: 'hashmod needs a modulus', path: ['modulus'] });
    try {
      compiled(rule.regex);
    } catch (error) {
      context.addIssue({
        code: 'custom',
        message: `no RE2 expression: ${messageOf(error)}`,
        path: ['regex'],
      });
    }
  });
export type RelabelConfig = z.infer<typeof RelabelConfig>;

const labelName = /^[A-Za-z_][A-Za-z0-9_]*$/;
const kept = new Map<string, RE2JS>();

function compiled(regex: string): RE2JS {
  let pattern = kept.get(regex);
  if (pattern === undefined) {
    pattern = RE2JS.compile(`^(?s:${regex})$`);
    if (kept.size >= 1000) kept.clear();
    kept.set(regex, pattern);
  }
  return pattern;
}

/** Applies the rules in order to a copy of the labels; `undefined` when they drop what has these labels. */
export function relabel(
  labels: Readonly<Record<string, string>>,
  rules: readonly RelabelConfig[],
): Record<string, string> | undefined {
  const out: Record<string, string> = { ...labels };
  for (const rule of rules) {
    const value = rule.source_labels.map(name => out[name] ?? '').join(rule.separator);
    if (!applied(rule, value, out)) return undefined;
  }
  for (const name of Object.keys(out)) if (out[name] === '') delete out[name];
  return out;
}

/** Returns whether what has the labels is kept. */
function applied(rule: RelabelConfig, value: string, out: Record<string, string>): boolean {
  const { action, target_label: target, replacement } = rule;
  const pattern = compiled(rule.regex);
  switch (action) {
    case 'keep':
      return pattern.matches(value);
    case 'drop':
      return !pattern.matches(value);
    case 'keepequal':
      return (out[target] ?? '') === value;
    case 'dropequal':
      return (out[target] ?? '') !== value;
    case 'replace': {
      const matcher = pattern.matcher(value);
      if (!matcher.matches()) return true;
      const name = expanded(target, matcher);
      if (labelName.test(name)) put(out, name, expanded(replacement, matcher));
      return true;
    }
    case 'lowercase':
      put(out, target, value.toLowerCase());
      return true;
    case 'uppercase':
      put(out, target, value.toUpperCase());
      return true;
    case 'hashmod': {
      // As Prometheus: the last eight bytes of the MD5, as one number.
      const hash = createHash('md5').update(value).digest().readBigUInt64BE(8);
      put(out, target, String(hash % BigInt(rule.modulus ?? 1)));
      return true;
    }
    case 'labelmap':
      for (const [name, text] of Object.entries(out)) {
        const matcher = pattern.matcher(name);
        if (matcher.matches()) put(out, expanded(replacement, matcher), text);
      }
      return true;
    case 'labeldrop':
    case 'labelkeep':
      for (const name of Object.keys(out))
        if (pattern.matches(name) === (action === 'labeldrop')) delete out[name];
      return true;
  }
}

function put(out: Record<string, string>, name: string, value: string): void {
  if (value === '') delete out[name];
  else out[name] = value;
}

/** `$1`, `${1}`, `$name` and `$$`, as Go's Regexp.Expand has them; a group that is not there is empty. */
function expanded(template: string, matcher: ReturnType<RE2JS['matcher']>): string {
  if (!template.includes('$')) return template;
  return template.replace(/\$(?:\$|(\w+)|\{(\w+)\})/g, (whole, bare?: string, braced?: string) => {
    const group = bare ?? braced;
    if (group === undefined) return whole === '$$' ? '$' : whole;
    try {
      return (/^\d+$/.test(group) ? matcher.group(Number(group)) : matcher.group(group)) ?? '';
    } catch {
      return '';
    }
  });
}
