import { lookup, Resolver } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { z } from 'zod';
import { messageOf } from '../../kernel/index.ts';
import { inconclusive } from './attempt.ts';

const Cidr = z
  .string()
  .max(60)
  .refine(text => readCidr(text) !== undefined, 'expected an address or a network, as 10.0.0.0/8');

/** What probes may reach, and which secrets they may carry. */
export const ProbesConfig = z.strictObject({
  deny: z
    .array(Cidr)
    .max(1000)
    .default([])
    .describe(
      'Addresses that no probe may reach, as 10.0.0.0/8; link-local ones, as of cloud metadata, never',
    ),
  allow: z.array(Cidr).max(1000).default([]).describe('Exceptions from deny'),
  env: z
    .array(z.string().regex(/^[A-Z_][A-Z0-9_]*$/, 'expected the name of a variable, as SHOP_TOKEN'))
    .max(200)
    .default([])
    .describe('Environment variables that ${NAME} of a probe may take, besides those that begin with PROBE_'),
  concurrency: z.int().min(1).max(256).default(16).describe('Attempts at the same time'),
});
export type ProbesConfig = z.infer<typeof ProbesConfig>;

/**
 * Link-local addresses: where clouds tell a machine its own credentials. No service is probed there. A probe is declared
 * by whoever may apply; what the machine's metadata says is not theirs.
 */
const ALWAYS_DENIED = [
  '169.254.0.0/16',
  'fe80::/10',
  // Metadata that is not link-local: Amazon's by IPv6, Alibaba's, Azure's (WireServer).
  'fd00:ec2::254/128',
  '100.100.100.200/32',
  '168.63.129.16/32',
];
const CONTROL_MS = 2_000;

/** What surrounds an attempt: names, addresses that are out of bounds, and secrets. */
export interface Surroundings {
  /** Addresses of a name as the machine finds them. */
  lookup(host: string, family: 0 | 4 | 6): Promise<{ address: string; family: number }[]>;
  /** Whether the machine's own resolver answers at all. */
  resolverWorks(): Promise<boolean>;
  /** Throws `inconclusive` for an address that probes may not reach. */
  admit(address: string): void;
  /** A text with `${NAME}` replaced. Throws `inconclusive`. */
  expand(text: string): string;
}

export function surroundings(config: ProbesConfig, env: NodeJS.ProcessEnv = process.env): Surroundings {
  const never = blockList(ALWAYS_DENIED);
  const denied = blockList(config.deny);
  const allowed = blockList(config.allow);
  return {
    lookup: (host, family) => lookup(host, { all: true, family }),
    resolverWorks,
    admit: address => {
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      const within = (list: BlockList) => list.check(address, family);
      if (within(never) || (within(denied) && !within(allowed)))
        throw inconclusive(`the address ${address} is one that probes may not reach (probes.deny)`);
    },
    expand: text =>
      text.replaceAll(/\$\{([A-Z_][A-Z0-9_]*)\}/g, (_, name: string) => {
        if (!name.startsWith('PROBE_') && !config.env.includes(name))
          throw inconclusive(
            `the environment variable ${name} is not for probes; name it in probes.env, or let its name begin with PROBE_`,
          );
        const value = env[name];
        if (value === undefined) throw inconclusive(`the environment variable ${name} is not set`);
        return value;
      }),
  };
}

/** A question that every working resolver can answer: who serves the root. */
async function resolverWorks(): Promise<boolean> {
  try {
    await new Resolver({ timeout: CONTROL_MS, tries: 1 }).resolveNs('.');
    return true;
  } catch (error) {
    return /ENODATA|ENOTFOUND/.test(messageOf(error));
  }
}

function readCidr(text: string): { address: string; bits: number; family: 'ipv4' | 'ipv6' } | undefined {
  const [address = '', bits, ...more] = text.split('/');
  const version = isIP(address);
  const most = version === 6 ? 128 : 32;
  const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  if (version === 0 || more.length > 0 || !(prefix <= most)) return undefined;
  return { address, bits: prefix, family: version === 6 ? 'ipv6' : 'ipv4' };
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of networks) {
    const network = readCidr(text);
    if (network !== undefined) list.addSubnet(network.address, network.bits, network.family);
  }
  return list;
}
