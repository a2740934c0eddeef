import { epochMs } from '../../kernel/index.ts';
import type { IncomingSeries, WriteRequest } from '../remote-write/message.ts';
import type { SeriesType } from '../series-index.ts';
import type { Attempt } from './attempt.ts';
import type { HeartbeatState, HeartbeatVerdict } from './heartbeat.ts';

export interface ProbeLabels {
  probe: string;
  service: string;
  instance: string;
}

interface Totals {
  attempts: number;
  failed: number;
  inconclusive: number;
}

/** Undefined ends a series: nothing is known of it now. */
interface Reading {
  name: string;
  value: number | undefined;
  labels?: Record<string, string>;
}

/**
 * The metrics, under the names of blackbox_exporter (https://github.com/prometheus/blackbox_exporter), so that dashboards
 * and rules for it work; the counters and the heartbeats are our own.
 */
const METRICS: Record<string, [SeriesType, string]> = {
  probe_success: ['gauge', 'Whether the probe was a success; nothing while it could not be made.'],
  probe_duration_seconds: ['gauge', 'How long the attempt took.'],
  probe_dns_lookup_time_seconds: ['gauge', 'How long the look-up of the name took.'],
  probe_ip_protocol: ['gauge', 'Whether it went over IPv4 or IPv6.'],
  probe_http_status_code: ['gauge', 'The HTTP status.'],
  probe_http_duration_seconds: ['gauge', 'How long each phase of the request took, redirects together.'],
  probe_http_version: ['gauge', 'The version of HTTP.'],
  probe_http_ssl: ['gauge', 'Whether the last answer came over TLS.'],
  probe_http_redirects: ['gauge', 'How many redirects there were.'],
  probe_http_content_length: ['gauge', 'What the answer says of its length.'],
  probe_http_uncompressed_body_length: ['gauge', 'How many bytes of the body were read.'],
  probe_http_last_modified_timestamp_seconds: ['gauge', 'The Last-Modified header.'],
  probe_failed_due_to_regex: ['gauge', 'Whether it failed by an expression.'],
  probe_ssl_earliest_cert_expiry: ['gauge', 'When the first certificate of the chain ends, in Unix time.'],
  probe_ssl_last_chain_expiry_timestamp_seconds: ['gauge', 'When the trusted chain ends, in Unix time.'],
  probe_ssl_last_chain_info: ['gauge', 'The certificate, in labels.'],
  probe_tls_version_info: ['gauge', 'The version of TLS, in a label.'],
  probe_dns_answer_rrs: ['gauge', 'How many records the answer has.'],
  probe_dns_query_succeeded: ['gauge', 'Whether there was an answer.'],
  probe_dns_duration_seconds: ['gauge', 'How long each phase of the question took.'],
  probe_dns_serial: ['gauge', 'The serial number of the zone.'],
  probe_attempts_total: [
    'counter',
    'Attempts that told something; of a heartbeat runs, and runs that were missed.',
  ],
  probe_failures_total: ['counter', 'Those of them that failed.'],
  probe_inconclusive_total: ['counter', 'Attempts that could not be made.'],
  heartbeat_last_success_timestamp_seconds: ['gauge', 'When the job last told of a success, in Unix time.'],
  heartbeat_last_duration_seconds: ['gauge', 'How long the last run took.'],
  heartbeat_running_seconds: ['gauge', 'For how long the job has been running; 0 when it is not.'],
};
const HTTP_PHASES = ['resolve', 'connect', 'tls', 'processing', 'transfer'] as const;

/** The samples of an attempt. */
export function attemptSamples(labels: ProbeLabels, attempt: Attempt, totals: Totals): WriteRequest {
  const { phases, http, certificate, dns, address, outcome } = attempt;
  const seconds = (phase: keyof typeof phases) => (phases[phase] ?? 0) / 1000;
  const conclusive = outcome !== 'inconclusive';
  const readings: Reading[] = [
    { name: 'probe_success', value: conclusive ? (outcome === 'success' ? 1 : 0) : undefined },
    { name: 'probe_duration_seconds', value: conclusive ? attempt.durationMs / 1000 : undefined },
  ];
  const add = (name: string, value: number, more?: Record<string, string>) =>
    readings.push({ name, value, ...(more === undefined ? {} : { labels: more }) });
  if (phases.resolve !== undefined) add('probe_dns_lookup_time_seconds', seconds('resolve'));
  if (address !== undefined) add('probe_ip_protocol', address.includes(':') ? 6 : 4);
  if (http !== undefined) {
    add('probe_http_status_code', http.status);
    for (const phase of HTTP_PHASES) add('probe_http_duration_seconds', seconds(phase), { phase });
    add('probe_http_version', Number(http.version));
    add('probe_http_ssl', http.tls ? 1 : 0);
    add('probe_http_redirects', http.redirects);
    if (http.contentLength !== undefined) add('probe_http_content_length', http.contentLength);
    add('probe_http_uncompressed_body_length', http.bytes);
    if (http.lastModified !== undefined)
      add('probe_http_last_modified_timestamp_seconds', epochMs(http.lastModified) / 1000);
    add('probe_failed_due_to_regex', http.expressionFailed ? 1 : 0);
  }
  if (certificate !== undefined) {
    const end = epochMs(certificate.endsAt) / 1000;
    add('probe_ssl_earliest_cert_expiry', end);
    if (certificate.trusted) add('probe_ssl_last_chain_expiry_timestamp_seconds', end);
    add('probe_ssl_last_chain_info', 1, {
      fingerprint_sha256: certificate.fingerprint,
      subject: certificate.subject,
      issuer: certificate.issuer,
      subjectalternative: certificate.names,
    });
    add('probe_tls_version_info', 1, { version: certificate.version.replace(/^TLSv/, 'TLS ') });
  }
  if (dns !== undefined) {
    add('probe_dns_answer_rrs', dns.answers.length);
    add('probe_dns_query_succeeded', dns.succeeded ? 1 : 0);
    add('probe_dns_duration_seconds', seconds('request'), { phase: 'request' });
    if (dns.serial !== undefined) add('probe_dns_serial', dns.serial);
  }
  return request(labels, epochMs(attempt.at), readings, totals);
}

/** The samples of a heartbeat, which are written at regular times: how it stands, whether or not it told something. */
export function heartbeatSamples(
  labels: ProbeLabels,
  state: HeartbeatState,
  { status }: HeartbeatVerdict,
  now: number,
): WriteRequest {
  const good = status === 'ok' || status === 'running';
  const readings: Reading[] = [
    { name: 'probe_success', value: status === 'waiting' ? undefined : good ? 1 : 0 },
    {
      name: 'heartbeat_running_seconds',
      value: state.runningSince === undefined ? 0 : (now - epochMs(state.runningSince)) / 1000,
    },
  ];
  if (state.lastSuccessAt !== undefined)
    readings.push({
      name: 'heartbeat_last_success_timestamp_seconds',
      value: epochMs(state.lastSuccessAt) / 1000,
    });
  if (state.lastDurationMs !== undefined)
    readings.push({ name: 'heartbeat_last_duration_seconds', value: state.lastDurationMs / 1000 });
  return request(labels, now, readings, { ...state, inconclusive: 0 });
}

/** Ends for series that are not told any more. */
export function endedSeries(series: Iterable<IncomingSeries>, at: number): WriteRequest {
  return {
    series: [...series].map(one => ({ ...one, samples: [{ at, value: undefined }] })),
    metadata: [],
  };
}

function request(
  labels: ProbeLabels,
  at: number,
  readings: readonly Reading[],
  totals: Totals,
): WriteRequest {
  const counters: [string, number][] = [
    ['probe_attempts_total', totals.attempts],
    ['probe_failures_total', totals.failed],
    ['probe_inconclusive_total', totals.inconclusive],
  ];
  const first = totals.attempts + totals.inconclusive === 1;
  return {
    series: [
      ...readings.map(({ name, value, labels: more }) => series(name, labels, more, [{ at, value }])),
      ...counters.map(([name, value]) =>
        // The first attempt is an increase too, and rate() sees none without a zero before it.
        series(name, labels, {}, [...(first ? [{ at: at - 1000, value: 0 }] : []), { at, value }]),
      ),
    ],
    metadata: [
      ...new Set([...readings, ...counters.map(([name]) => ({ name }))].map(({ name }) => name)),
    ].map(name => {
      const [type, help] = METRICS[name] ?? ['unknown', ''];
      return { family: name, meta: { type, unit: '', help } };
    }),
  };
}

function series(
  name: string,
  labels: ProbeLabels,
  more: Record<string, string> | undefined,
  samples: IncomingSeries['samples'],
): IncomingSeries {
  return {
    labels: [['__name__', name], ...Object.entries({ ...labels, ...more })],
    samples,
    histograms: [],
    exemplars: [],
  };
}
