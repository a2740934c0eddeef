import { RE2JS } from 're2js';
import { z } from 'zod';
import { defineKind } from '../../catalog/index.ts';
import { DurationText, duration, messageOf, type Problem } from '../../kernel/index.ts';
import { Heartbeat, heartbeatProblems } from './heartbeat-spec.ts';

const Re2 = z
  .string()
  .min(1)
  .max(4096)
  .superRefine((text, context) => {
    try {
      RE2JS.compile(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: `is no RE2 expression: ${messageOf(error)}` });
    }
  });

const HOST_PORT = /^(\[[0-9a-fA-F:.]+\]|[^\s:/[\]@]+):(\d{1,5})$/;
const HostPort = z
  .string()
  .max(300)
  .regex(HOST_PORT, 'expected HOST:PORT, as db.shop.example:5432')
  .refine(text => {
    const port = Number(HOST_PORT.exec(text)?.[2] ?? 0);
    return port > 0 && port < 65_536;
  }, 'a port is 1 to 65535');

const TlsOptions = z.strictObject({
  verify: z.boolean().default(true).describe('Whether the chain and the name must be good'),
  serverName: z.string().min(1).max(253).optional().describe('The name asked for; the host if absent'),
  ca: z
    .string()
    .max(100_000)
    .optional()
    .describe('Certificates in PEM that are trusted in place of the system’s'),
});
export type TlsOptions = z.infer<typeof TlsOptions>;

/** A status as `200`, or a class of them as `2xx`. */
const Status = z.union([z.int().min(100).max(599), z.string().regex(/^[1-5]xx$/, 'expected 200 or 2xx')]);

/** Why a URL cannot be asked, whatever its variables are; undefined if it can. What has not its form is another problem. */
function urlProblem(url: string): string | undefined {
  // A variable that is all of a port is a number; another may be a part of a name or of an address.
  const ported = url.replace(/:\$\{\w+\}(?=[/?#]|$)/, ':1');
  const filled = ['1', 'x1'].map(value => ported.replace(/\$\{\w+\}/g, value));
  if (!/^https?:\/\/[^\s/?#]+/.test(filled[0]!)) return undefined;
  const possible = filled.find(one => URL.canParse(one));
  if (possible === undefined) return 'is no URL: its host or port is none';
  const { username, password } = new URL(possible);
  return credentialsOf(username, password) === undefined
    ? 'the user or the password has a % that begins no code, as %40 for @; write a % itself as %25'
    : undefined;
}

/** The user and password of a URL as Basic authentication has them; undefined if they cannot be decoded. */
export function credentialsOf(username: string, password: string): string | undefined {
  try {
    return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  } catch {
    return undefined;
  }
}

export const HttpTarget = z.strictObject({
  url: z
    .string()
    .max(2000)
    .regex(/^https?:\/\/[^\s/?#]+/, 'expected http://… or https://…')
    .refine(url => urlProblem(url) === undefined, { error: ({ input }) => urlProblem(String(input)) })
    .describe('Where to ask; ${NAME} takes an environment variable of the server'),
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']).default('GET'),
  headers: z
    .record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'is no header name'), z.string().max(8192))
    .default({})
    .describe('Values may take ${NAME}'),
  body: z.string().max(65_536).optional().describe('May take ${NAME}'),
  expect: z
    .strictObject({
      status: z.array(Status).min(1).max(50).default(['2xx']),
      body: Re2.optional().describe('RE2 that must be found in the body'),
      notBody: Re2.optional().describe('RE2 that must not be found in the body'),
      headers: z
        .record(z.string().min(1).max(256), Re2)
        .default({})
        .describe('RE2 that each header must hold'),
      within: DurationText.optional().describe('A slower answer is a failure'),
    })
    .prefault({}),
  redirects: z
    .strictObject({
      follow: z.boolean().default(true),
      most: z.int().min(1).max(20).default(10),
    })
    .prefault({}),
  tls: TlsOptions.prefault({}),
  mostBytes: z
    .int()
    .min(1)
    // Expressions are tried on all of it, on the server's own thread: a bad one takes 0.4 s for a mebibyte.
    .max(1024 * 1024)
    .default(1024 * 1024)
    .describe('How much of the body is read at most'),
});
export type HttpTarget = z.infer<typeof HttpTarget>;

export const TcpTarget = z.strictObject({
  address: HostPort.describe('HOST:PORT'),
  send: z.string().max(4096).optional().describe('Sent once connected; may take ${NAME}'),
  expect: Re2.optional().describe('RE2 that must come back'),
  tls: TlsOptions.optional().describe('Speak TLS'),
});
export type TcpTarget = z.infer<typeof TcpTarget>;

export const DnsTarget = z.strictObject({
  name: z.string().min(1).max(253).describe('The name to ask for'),
  type: z.enum(['A', 'AAAA', 'CAA', 'CNAME', 'MX', 'NS', 'PTR', 'SOA', 'SRV', 'TXT']).default('A'),
  resolver: z
    .string()
    .max(300)
    .regex(/^(\[[0-9a-fA-F:.]+\]|[0-9.]+)(:\d{1,5})?$/, 'expected an address, as 192.0.2.53 or 192.0.2.53:53')
    .optional()
    .describe("The server to ask, by address; the machine's own if absent"),
  expect: z
    .strictObject({
      answers: z
        .array(z.string().max(4096))
        .min(1)
        .max(100)
        .optional()
        .describe('Each of these must be among the answers, as 192.0.2.1 or "10 mail.shop.example"'),
      only: z.boolean().default(false).describe('And no other may be'),
      matches: Re2.optional().describe('RE2 that every answer must hold'),
    })
    .prefault({}),
});
export type DnsTarget = z.infer<typeof DnsTarget>;

export const TlsTarget = z.strictObject({
  address: HostPort.describe('HOST:PORT'),
  ...TlsOptions.shape,
});
export type TlsTarget = z.infer<typeof TlsTarget>;

const Severity = z.enum(['page', 'ticket', 'none']);

export const ProbeSpec = z.strictObject({
  description: z.string().max(2000).optional(),
  service: z.string().min(1).max(63).describe('The Service that it is about'),
  every: DurationText.default('30s').describe('From one attempt to the next'),
  timeout: DurationText.default('10s').describe('How long an attempt may take, with everything'),
  confirm: z
    .strictObject({
      attempts: z.int().min(1).max(20).default(3).describe('So many failures in a row are a failure'),
      every: DurationText.default('10s').describe('How soon a failed attempt is made again'),
    })
    .prefault({}),
  ipVersion: z
    .union([z.literal(4), z.literal(6)])
    .optional()
    .describe('Only this one; whatever comes first if absent'),
  alert: z
    .strictObject({
      severity: Severity.optional().describe(
        'What a confirmed failure is; if absent page for tiers 1 and 2 and ticket for the others, and ticket for a heartbeat',
      ),
      certificate: z
        .strictObject({
          ticket: DurationText.default('21d').describe('A ticket when a certificate ends within this'),
          page: DurationText.default('3d').describe('A page when a certificate ends within this'),
        })
        .prefault({}),
      runbook: z.url().optional().describe('What to do about it, for the alert'),
    })
    .prefault({}),
  http: HttpTarget.optional(),
  tcp: TcpTarget.optional(),
  dns: DnsTarget.optional(),
  tls: TlsTarget.optional(),
  heartbeat: Heartbeat.optional(),
});
export type ProbeSpec = z.infer<typeof ProbeSpec>;

export const ProbeKind = z.enum(['http', 'tcp', 'dns', 'tls', 'heartbeat']);
export type ProbeKind = z.infer<typeof ProbeKind>;

/** The shortest interval: a probe is no load test. */
const SHORTEST_MS = 1000;
const LONGEST_TIMEOUT_MS = 60_000;

/** Asks from outside whether something answers, or waits for a job to say that it ran. */
export const Probe = defineKind({
  apiVersion: 'nines/v1',
  kind: 'Probe',
  summary: 'A look from outside: HTTP, TCP, DNS, a TLS certificate, or the heartbeat of a job that must run.',
  spec: ProbeSpec,
  references: ({ spec }) => [{ kind: 'Service', name: spec.service, field: 'spec.service' }],
  check: ({ spec }) => {
    const problems: Problem[] = [];
    const kinds = ProbeKind.options.filter(kind => spec[kind] !== undefined);
    if (kinds.length !== 1)
      problems.push({
        field: 'spec',
        message: `a probe has exactly one of ${ProbeKind.options.join(', ')}; this one has ${kinds.length === 0 ? 'none' : kinds.join(' and ')}`,
      });
    if (spec.heartbeat !== undefined) problems.push(...heartbeatProblems(spec.heartbeat));
    const [every, timeout, again] = [spec.every, spec.timeout, spec.confirm.every].map(duration);
    if (every! < SHORTEST_MS)
      problems.push({ field: 'spec.every', message: 'a probe is made at most once a second' });
    if (again! < SHORTEST_MS)
      problems.push({ field: 'spec.confirm.every', message: 'a probe is made at most once a second' });
    if (timeout === 0 || timeout! > LONGEST_TIMEOUT_MS)
      problems.push({ field: 'spec.timeout', message: 'a timeout is more than nothing and at most 60s' });
    const { ticket, page } = spec.alert.certificate;
    if (duration(page) > duration(ticket))
      problems.push({
        field: 'spec.alert.certificate.page',
        message: `a page at ${page} would come before the ticket at ${ticket}`,
      });
    return problems;
  },
});

/** Which of the five it is. The check of the kind has seen to it that it is one. */
export function kindOf(spec: ProbeSpec): ProbeKind {
  return ProbeKind.options.find(kind => spec[kind] !== undefined) ?? 'http';
}

/** What a probe looks at, in a few words: a label of its metrics. Secrets are not put in: `${NAME}` stays as it is. */
export function instanceOf(spec: ProbeSpec, name: string): string {
  if (spec.http !== undefined)
    return spec.http.url.replace(/^(https?:\/\/)[^/?#]*@/, '$1').replace(/[?#].*$/, '');
  if (spec.dns !== undefined) return `${spec.dns.name} ${spec.dns.type}`;
  return spec.tcp?.address ?? spec.tls?.address ?? name;
}

/** HOST:PORT in its two parts; an IPv6 address stands in brackets. */
export function hostAndPort(address: string): { host: string; port: number } {
  const [, host = '', port = '0'] = HOST_PORT.exec(address) ?? [];
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}
