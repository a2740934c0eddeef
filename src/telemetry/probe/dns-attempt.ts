import { Resolver } from 'node:dns/promises';
import { RE2JS } from 're2js';
import { type AttemptError, failure, inconclusive } from './attempt.ts';
import { codeOf, type Dialling, unlessAborted } from './dial.ts';
import type { DnsTarget } from './probe.ts';

const MOST_ANSWERS = 100;

/** Asks a resolver and judges its answers. Throws AttemptError. */
export async function dnsAttempt(target: DnsTarget, timeoutMs: number, dialling: Dialling): Promise<void> {
  const { trial, around, signal } = dialling;
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
  if (target.resolver !== undefined) {
    const address = target.resolver.startsWith('[')
      ? target.resolver.slice(1, target.resolver.indexOf(']'))
      : target.resolver.split(':')[0]!;
    around.admit(address);
    resolver.setServers([target.resolver]);
    trial.found.address = address;
  }
  const answer = await trial.time('request', async () => {
    try {
      return await unlessAborted(answersOf(resolver, target), signal);
    } catch (error) {
      resolver.cancel();
      // Node looks at a resolver's timeout only now and then: ours may be first, and says the same.
      const late =
        signal.aborted && signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
      if (signal.aborted && !late) throw error;
      trial.found.dns = { answers: [], succeeded: false };
      throw await problemOf(
        late ? Object.assign(new Error('late'), { code: 'ETIMEOUT' }) : error,
        target,
        around.resolverWorks,
      );
    }
  });
  trial.found.dns = { succeeded: true, ...answer };
  const problem = wrongAnswer(target, answer.answers);
  if (problem !== undefined) throw failure(problem);
}

async function answersOf(
  resolver: Resolver,
  { name, type }: DnsTarget,
): Promise<{ answers: string[]; serial?: number }> {
  const few = (answers: string[]) => ({ answers: answers.slice(0, MOST_ANSWERS) });
  switch (type) {
    case 'A':
      return few(await resolver.resolve4(name));
    case 'AAAA':
      return few(await resolver.resolve6(name));
    case 'CNAME':
      return few(await resolver.resolveCname(name));
    case 'NS':
      return few(await resolver.resolveNs(name));
    case 'PTR':
      return few(await resolver.resolvePtr(name));
    case 'TXT':
      return few((await resolver.resolveTxt(name)).map(chunks => chunks.join('')));
    case 'MX':
      return few((await resolver.resolveMx(name)).map(({ priority, exchange }) => `${priority} ${exchange}`));
    case 'SRV':
      return few(
        (await resolver.resolveSrv(name)).map(one => `${one.priority} ${one.weight} ${one.port} ${one.name}`),
      );
    case 'CAA':
      return few(
        (await resolver.resolveCaa(name)).map(one => {
          const [tag, value] = Object.entries(one).find(([key]) => key !== 'critical' && key !== 'type') ?? [
            '',
            '',
          ];
          return `${one.critical} ${tag} "${value}"`;
        }),
      );
    case 'SOA': {
      const soa = await resolver.resolveSoa(name);
      return {
        answers: [
          `${soa.nsname} ${soa.hostmaster} ${soa.serial} ${soa.refresh} ${soa.retry} ${soa.expire} ${soa.minttl}`,
        ],
        serial: soa.serial,
      };
    }
  }
}

/** A resolver that the probe names is what it looks at; the machine's own is what it looks with. */
async function problemOf(
  error: unknown,
  { name, type, resolver }: DnsTarget,
  resolverWorks: () => Promise<boolean>,
): Promise<AttemptError> {
  const code = codeOf(error) ?? 'unknown';
  if (code === 'ENOTFOUND') return failure(`the name ${name} is not known (NXDOMAIN)`);
  if (code === 'ENODATA') return failure(`the name ${name} has no ${type} record`);
  if (code === 'EBADNAME') return failure(`${name} is no name`);
  const what =
    code === 'ETIMEOUT'
      ? 'does not answer in time'
      : code === 'ECONNREFUSED'
        ? 'is not there (connection refused)'
        : `answers with ${code.replace(/^E/, '')}`;
  if (resolver !== undefined) return failure(`the resolver ${resolver} ${what}`);
  if (await resolverWorks()) return failure(`${name} cannot be resolved (${code})`);
  return inconclusive(`the own resolver ${what}`);
}

function wrongAnswer({ expect, type, name }: DnsTarget, answers: readonly string[]): string | undefined {
  const plain = (text: string) => (type === 'TXT' ? text : text.toLowerCase().replace(/\.$/, ''));
  const got = new Set(answers.map(plain));
  const list = answers.length === 0 ? 'nothing' : answers.slice(0, 5).join(', ').slice(0, 300);
  const missing = (expect.answers ?? []).filter(one => !got.has(plain(one)));
  if (missing.length > 0) return `${name} ${type} is ${list}; ${missing.join(', ').slice(0, 200)} is missing`;
  if (expect.only && expect.answers !== undefined) {
    const wanted = new Set(expect.answers.map(plain));
    const more = [...got].filter(one => !wanted.has(one));
    if (more.length > 0) return `${name} ${type} has also ${more.slice(0, 5).join(', ').slice(0, 200)}`;
  }
  if (expect.matches !== undefined) {
    const expression = RE2JS.compile(expect.matches);
    const other = answers.find(one => !expression.matcher(one).find());
    if (other !== undefined)
      return `${name} ${type} is ${other.slice(0, 200)}, which does not hold /${expect.matches.slice(0, 120)}/`;
  }
  return undefined;
}
