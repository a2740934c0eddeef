import { z } from 'zod';
import { Credentials, resolvedCredentials } from '../credentials.ts';
import { FilePath } from '../secret-file.ts';
import { resolvedTls, TlsConfig } from '../tls.ts';

/** Which objects are looked at by which role: the selectors of others would be without effect. */
export const RESOURCES_OF = {
  node: ['node'],
  service: ['service'],
  pod: ['pod', 'node'],
  endpoints: ['endpoints', 'service', 'pod', 'node'],
  endpointslice: ['endpointslice', 'service', 'pod', 'node'],
  ingress: ['ingress'],
} as const;
export type Role = keyof typeof RESOURCES_OF;
export type ResourceName = (typeof RESOURCES_OF)[Role][number];

const Roles = Object.keys(RESOURCES_OF) as [Role, ...Role[]];

/** In Prometheus's own words: https://prometheus.io/docs/prometheus/latest/configuration/configuration/#kubernetes_sd_config */
export const KubernetesDiscovery = z
  .strictObject({
    role: z.enum(Roles),
    api_server: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Absent, and no kubeconfig_file: the cluster that Nines runs in'),
    kubeconfig_file: FilePath.optional(),
    namespaces: z
      .strictObject({
        own_namespace: z.boolean().default(false),
        names: z.array(z.string().min(1).max(253)).max(200).default([]),
      })
      .prefault({})
      .describe('None: all'),
    selectors: z
      .array(
        z.strictObject({
          role: z.enum(Roles),
          label: z.string().max(4096).default(''),
          field: z.string().max(4096).default(''),
        }),
      )
      .max(10)
      .default([]),
    attach_metadata: z.strictObject({ node: z.boolean().default(false) }).prefault({}),
    ...Credentials.shape,
    bearer_token_file: FilePath.optional(),
    tls_config: TlsConfig.prefault({}),
  })
  .superRefine((config, context) => {
    const complain = (message: string, ...path: string[]) =>
      context.addIssue({ code: 'custom', message, path });
    if (config.api_server !== undefined && config.kubeconfig_file !== undefined)
      complain('api_server and kubeconfig_file exclude each other', 'kubeconfig_file');
    const own =
      config.basic_auth !== undefined ||
      config.authorization !== undefined ||
      config.bearer_token_file !== undefined;
    if (own && config.api_server === undefined)
      complain(
        'credentials go with api_server; otherwise those of the kubeconfig or of the cluster are used',
        'api_server',
      );
    const known: readonly string[] = RESOURCES_OF[config.role];
    for (const [index, { role }] of config.selectors.entries())
      if (!known.includes(role))
        complain(
          `the role ${config.role} looks at ${known.join(', ')}, not at ${role}`,
          'selectors',
          String(index),
        );
  });
export type KubernetesDiscovery = z.infer<typeof KubernetesDiscovery>;

/** The configuration with its paths resolved. */
export function resolvedKubernetes(
  config: KubernetesDiscovery,
  resolve: (path: string) => string,
): KubernetesDiscovery {
  const { kubeconfig_file, bearer_token_file, tls_config } = config;
  return {
    ...config,
    ...(kubeconfig_file === undefined ? {} : { kubeconfig_file: resolve(kubeconfig_file) }),
    ...(bearer_token_file === undefined ? {} : { bearer_token_file: resolve(bearer_token_file) }),
    ...resolvedCredentials(config, resolve),
    tls_config: resolvedTls(tls_config, resolve),
  };
}
