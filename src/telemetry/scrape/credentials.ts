import { z } from 'zod';
import { FilePath, secretFile } from './secret-file.ts';

/** How a request shows who asks, in Prometheus's own words: https://prometheus.io/docs/prometheus/latest/configuration/configuration/#http_config */
export const Credentials = z.object({
  basic_auth: z
    .strictObject({ username: z.string().default(''), password: z.string().default('') })
    .optional(),
  authorization: z
    .strictObject({
      type: z.string().default('Bearer'),
      credentials: z.string().min(1).optional(),
      credentials_file: FilePath.optional(),
    })
    .refine(
      one => (one.credentials === undefined) !== (one.credentials_file === undefined),
      'either credentials or credentials_file',
    )
    .optional(),
});
export type Credentials = z.infer<typeof Credentials>;

/** What a configuration's paths become; nothing where it names no file. */
export function resolvedCredentials(
  { authorization }: Credentials,
  resolve: (path: string) => string,
): Pick<Credentials, 'authorization'> {
  const file = authorization?.credentials_file;
  return file === undefined ? {} : { authorization: { ...authorization!, credentials_file: resolve(file) } };
}

/** The `authorization` header; a file is read each time, as what is in it is replaced. Throws `unavailable`. */
export async function authorizationOf({
  basic_auth: basic,
  authorization,
}: Credentials): Promise<string | undefined> {
  if (authorization !== undefined) {
    const { type, credentials, credentials_file: file } = authorization;
    return `${type} ${file === undefined ? credentials : await secretWord(file)}`;
  }
  return basic === undefined ? undefined : basicOf(basic.username, basic.password);
}

/** The headers of a request with these credentials. Throws `unavailable`. */
export async function credentialHeaders(config: Credentials): Promise<Record<string, string>> {
  const authorization = await authorizationOf(config);
  return authorization === undefined ? {} : { authorization };
}

/** A token of a file, without the line's end that editors put behind it. Throws `unavailable`. */
export async function secretWord(path: string): Promise<string> {
  return (await secretFile(path)).trim();
}

/** The header of HTTP's basic scheme, RFC 7617. */
export function basicOf(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
