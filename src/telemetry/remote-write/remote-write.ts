import { uncompress } from 'snappyjs';
import { Fault, messageOf } from '../../kernel/index.ts';
import { readWriteV1, readWriteV2, type WriteRequest } from './message.ts';

export type WriteVersion = '1.0' | '2.0';

const messages: Readonly<Record<string, WriteVersion>> = {
  'prometheus.WriteRequest': '1.0',
  'io.prometheus.write.v2.Request': '2.0',
};

/** An answer to a sender: text, and how much was written as remote write 2.0 wants it in headers. */
export interface WriteAnswer {
  status: number;
  body: string;
  contentType: string;
  headers: Record<string, string>;
  retryAfterSeconds?: number;
}

/**
 * The message that a content type names; `undefined` when it is none that we take: the answer is then 415, upon which a
 * sender of 2.0 falls back. Without a parameter it is that of 1.0.
 */
export function writeVersion(contentType: string | undefined): WriteVersion | undefined {
  const [type, ...parameters] = (contentType ?? '').split(';').map(part => part.trim());
  if (type?.toLowerCase() !== 'application/x-protobuf') return undefined;
  const proto = parameters.find(parameter => /^proto=/i.test(parameter));
  return proto === undefined ? '1.0' : messages[proto.slice('proto='.length).replaceAll('"', '')];
}

/** Unpacks and reads a request. Throws `too_large` or `invalid`. */
export function readWrite(packed: Uint8Array, version: WriteVersion, mostBytes: number): WriteRequest {
  let body: Uint8Array;
  try {
    body = uncompress(packed, mostBytes);
  } catch (cause) {
    if (/too big/.test(messageOf(cause)))
      throw new Fault('too_large', `The request is larger than ${Math.floor(mostBytes / 1024 / 1024)} MiB.`, {
        hint: 'Send fewer samples at once (max_samples_per_send).',
        cause,
      });
    throw new Fault('invalid', 'The body is not packed with Snappy (block format).', { cause });
  }
  try {
    return version === '2.0' ? readWriteV2(body) : readWriteV1(body);
  } catch (cause) {
    throw new Fault('invalid', `The body is not a remote write ${version} request: ${messageOf(cause)}`, {
      hint: 'See https://prometheus.io/docs/specs/prw/ for what is expected.',
      cause,
    });
  }
}

export interface Written {
  samples: number;
  histograms: number;
  exemplars: number;
}

/** The answer for what was written; `problem` says what was refused for good: 400, so that it is not sent again. */
export function writeAnswer(version: WriteVersion, written: Written, problem?: string): WriteAnswer {
  return {
    status: problem === undefined ? 204 : 400,
    body: problem === undefined ? '' : `${problem}\n`,
    contentType: 'text/plain; charset=utf-8',
    headers: writtenHeaders(version, written),
  };
}

/** A fault as senders understand it: 5xx and 429 are sent again, other 4xx are not. */
export function writeFault(fault: Fault, version: WriteVersion | undefined): WriteAnswer {
  const { retryAfterSeconds } = fault.detail;
  return {
    status: fault.httpStatus,
    body: `${fault.message}\n`,
    contentType: 'text/plain; charset=utf-8',
    headers: writtenHeaders(version, { samples: 0, histograms: 0, exemplars: 0 }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}

function writtenHeaders(version: WriteVersion | undefined, written: Written): Record<string, string> {
  if (version !== '2.0') return {};
  return {
    'X-Prometheus-Remote-Write-Samples-Written': String(written.samples),
    'X-Prometheus-Remote-Write-Histograms-Written': String(written.histograms),
    'X-Prometheus-Remote-Write-Exemplars-Written': String(written.exemplars),
  };
}
