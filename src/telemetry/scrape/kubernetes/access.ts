import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { Fault, given, problemsText } from '../../../kernel/index.ts';
import { authorizationOf, basicOf, secretWord } from '../credentials.ts';
import { secretFile } from '../secret-file.ts';
import { type TlsMaterial, tlsMaterial } from '../tls.ts';
import type { KubernetesDiscovery } from './config.ts';

/** How a cluster's API is reached. */
export interface Access {
  url: URL;
  /** The `authorization` header, read anew each time: a token in a file is replaced while we run. */
  authorization(): Promise<string | undefined>;
  tls: TlsMaterial;
  /** The namespace that Nines runs in, where that is known. */
  ownNamespace?: string;
}

const IN_CLUSTER = '/var/run/secrets/kubernetes.io/serviceaccount';

const Context = z.looseObject({
  cluster: z.string(),
  user: z.string().default(''),
  namespace: z.string().optional(),
});
const Cluster = z.looseObject({
  server: z.url({ protocol: /^https?$/ }),
  'certificate-authority': z.string().optional(),
  'certificate-authority-data': z.string().optional(),
  'insecure-skip-tls-verify': z.boolean().default(false),
  'tls-server-name': z.string().optional(),
});
const User = z.looseObject({
  token: z.string().optional(),
  tokenFile: z.string().optional(),
  'client-certificate': z.string().optional(),
  'client-certificate-data': z.string().optional(),
  'client-key': z.string().optional(),
  'client-key-data': z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  exec: z.unknown().optional(),
  'auth-provider': z.unknown().optional(),
});
const KubeConfig = z.looseObject({
  'current-context': z.string().min(1),
  contexts: z.array(z.looseObject({ name: z.string(), context: Context })).default([]),
  clusters: z.array(z.looseObject({ name: z.string(), cluster: Cluster })).default([]),
  users: z.array(z.looseObject({ name: z.string(), user: User })).default([]),
});

/** The way to the cluster that a configuration names. Throws `invalid`, `unavailable`. */
export async function accessOf(
  config: KubernetesDiscovery,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Access> {
  if (config.kubeconfig_file !== undefined) return fromKubeConfig(config.kubeconfig_file);
  if (config.api_server === undefined) return inCluster(env);
  return {
    url: new URL(config.api_server),
    authorization: async () => {
      const { authorization, bearer_token_file: file } = config;
      return authorization === undefined && file !== undefined
        ? `Bearer ${await secretWord(file)}`
        : authorizationOf(config);
    },
    tls: await tlsMaterial(config.tls_config),
  };
}

async function inCluster(env: NodeJS.ProcessEnv): Promise<Access> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  if (!host || !port)
    throw new Fault('unavailable', 'Nines does not run in a Kubernetes cluster.', {
      hint: 'Set api_server or kubeconfig_file.',
    });
  const [ca, namespace] = await Promise.all([
    secretFile(`${IN_CLUSTER}/ca.crt`),
    secretFile(`${IN_CLUSTER}/namespace`),
  ]);
  return {
    url: new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`),
    authorization: async () => `Bearer ${await secretWord(`${IN_CLUSTER}/token`)}`,
    tls: { ca, rejectUnauthorized: true },
    ownNamespace: namespace.trim(),
  };
}

async function fromKubeConfig(path: string): Promise<Access> {
  const read = KubeConfig.safeParse(parse(await secretFile(path), { maxAliasCount: 100 }));
  if (!read.success)
    throw new Fault('invalid', `${path} is no kubeconfig: ${problemsText(read.error).slice(0, 300)}`);
  const { contexts, clusters, users, 'current-context': current } = read.data;
  const find = <T extends { name: string }>(list: T[], name: string, what: string): T => {
    const found = list.find(one => one.name === name);
    if (found === undefined) throw new Fault('invalid', `${path} names a ${what} '${name}' that it has not.`);
    return found;
  };
  const { context } = find(contexts, current, 'context');
  const { cluster } = find(clusters, context.cluster, 'cluster');
  const { user } = context.user === '' ? { user: User.parse({}) } : find(users, context.user, 'user');
  if (user.exec !== undefined || user['auth-provider'] !== undefined)
    throw new Fault(
      'invalid',
      `The user of ${path} signs in by another program, which Nines does not start.`,
      {
        hint: 'Use a service account’s token: tokenFile.',
      },
    );
  const beside = (name: string) => resolve(dirname(path), name);
  const material = async (data: string | undefined, file: string | undefined) =>
    data === undefined ? (file === undefined ? undefined : secretFile(beside(file))) : decoded(data);
  const [ca, cert, key] = await Promise.all([
    material(cluster['certificate-authority-data'], cluster['certificate-authority']),
    material(user['client-certificate-data'], user['client-certificate']),
    material(user['client-key-data'], user['client-key']),
  ]);
  const { token, tokenFile, username, password } = user;
  return {
    url: new URL(cluster.server),
    authorization: async () => {
      if (tokenFile !== undefined) return `Bearer ${await secretWord(beside(tokenFile))}`;
      if (token !== undefined) return `Bearer ${token}`;
      return username === undefined ? undefined : basicOf(username, password ?? '');
    },
    tls: given({
      ca,
      cert,
      key,
      servername: cluster['tls-server-name'],
      rejectUnauthorized: !cluster['insecure-skip-tls-verify'],
    }),
    ...(context.namespace === undefined ? {} : { ownNamespace: context.namespace }),
  };
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}
