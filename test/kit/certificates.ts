import { webcrypto } from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export interface TestCertificate {
  cert: string;
  key: string;
}

/** An authority made for a test, which signs certificates that end when the test says. */
export async function testAuthority(): Promise<{
  ca: string;
  issue(options: { names: string[]; from: Date; to: Date }): Promise<TestCertificate>;
}> {
  const keys = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const day = 86_400_000;
  const root = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: 'CN=Test authority',
      notBefore: new Date(Date.now() - 1000 * day),
      notAfter: new Date(Date.now() + 1000 * day),
      signingAlgorithm: EC,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 1, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      ],
    },
    webcrypto as Crypto,
  );
  return {
    ca: root.toString('pem'),
    issue: async ({ names, from, to }) => {
      const own = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
      const leaf = await x509.X509CertificateGenerator.create(
        {
          subject: `CN=${names[0]}`,
          issuer: root.subject,
          notBefore: from,
          notAfter: to,
          signingAlgorithm: EC,
          publicKey: own.publicKey,
          signingKey: keys.privateKey,
          extensions: [
            new x509.SubjectAlternativeNameExtension(
              names.map(value => ({
                type: /^[\d.]+$/.test(value) ? ('ip' as const) : ('dns' as const),
                value,
              })),
            ),
          ],
        },
        webcrypto as Crypto,
      );
      const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', own.privateKey));
      return {
        cert: leaf.toString('pem'),
        key: `-----BEGIN PRIVATE KEY-----\n${key.toString('base64').replace(/(.{64})/g, '$1\n')}\n-----END PRIVATE KEY-----\n`,
      };
    },
  };
}
