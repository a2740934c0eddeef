import { request } from 'node:https';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { FilePath, secretFile } from './secret-file.ts';

/** In Prometheus's own words: https://prometheus.io/docs/prometheus/latest/configuration/configuration/#tls_config */
export const TlsConfig = z
  .strictObject({
    ca: z.string().max(1_000_000).optional(),
    ca_file: FilePath.optional(),
    cert_file: FilePath.optional(),
    key_file: FilePath.optional(),
    server_name: z.string().max(253).optional(),
    insecure_skip_verify: z.boolean().default(false),
  })
  .refine(({ cert_file, key_file }) => (cert_file === undefined) === (key_file === undefined), {
    message: 'a certificate goes with its key',
  });
export type TlsConfig = z.infer<typeof TlsConfig>;

/** What node:tls is told of a connection. */
export interface TlsMaterial {
  ca?: string;
  cert?: string;
  key?: string;
  servername?: string;
  rejectUnauthorized: boolean;
}

/** Reads the files that a configuration names. Throws `unavailable`. */
export async function tlsMaterial(config: TlsConfig): Promise<TlsMaterial> {
  const [ca, cert, key] = await Promise.all(
    [config.ca_file, config.cert_file, config.key_file].map(path =>
      path === undefined ? undefined : secretFile(path),
    ),
  );
  const trusted = config.ca ?? ca;
  return {
    rejectUnauthorized: !config.insecure_skip_verify,
    ...(trusted === undefined ? {} : { ca: trusted }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(config.server_name === undefined ? {} : { servername: config.server_name }),
  };
}

export function resolvedTls(config: TlsConfig, resolve: (path: string) => string): TlsConfig {
  const { ca_file, cert_file, key_file } = config;
  return {
    ...config,
    ...(ca_file === undefined ? {} : { ca_file: resolve(ca_file) }),
    ...(cert_file === undefined ? {} : { cert_file: resolve(cert_file) }),
    ...(key_file === undefined ? {} : { key_file: resolve(key_file) }),
  };
}

/** Statuses with which a Response takes no body. */
const NO_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** A GET over https with authorities and certificates of one's own, which fetch has no words for. Redirects are not followed. */
export function fetchWith(config: TlsConfig, otherwise: typeof fetch): typeof fetch {
  return async (input, init = {}) => {
    const url = new URL(String(input));
    if (url.protocol !== 'https:') return otherwise(input, init);
    const tls = await tlsMaterial(config);
    const { signal } = init;
    return new Promise((resolve, reject) => {
      const headers = Object.fromEntries(new Headers(init.headers));
      const sent = request(
        url,
        { headers, agent: false, ...tls, ...(signal == null ? {} : { signal }) },
        message => {
          const status = message.statusCode ?? 500;
          const type = message.headers['content-type'];
          const body = NO_BODY.has(status)
            ? null
            : (Readable.toWeb(message) as ReadableStream<Uint8Array<ArrayBuffer>>);
          if (body === null) message.resume();
          try {
            resolve(
              new Response(body, {
                status,
                ...(type === undefined ? {} : { headers: { 'content-type': type } }),
              }),
            );
          } catch (error) {
            // A status that HTTP has not: thrown here it would end the process.
            message.destroy();
            reject(error);
          }
        },
      );
      // An abort is told with its own reason, as fetch does.
      sent.on('error', error => reject(signal?.aborted ? signal.reason : error));
      sent.end();
    });
  };
}
