/** How the series of a counter tell what ended badly. */
export interface Outcome {
  /** Matcher of the bad ones, as code=~"5..". */
  bad: string;
  /** What those do that are not bad. */
  well: string;
}

const HTTP_LABELS = [
  'http_response_status_code',
  'http_status_code',
  'response_code',
  'status_code',
  'statusCode',
  'http_code',
  'http_status',
  'response_status',
  'code',
  'status',
  'envoy_response_code',
  'envoy_response_code_class',
  'response_code_class',
  'status_class',
  'code_class',
];
const GRPC_LABELS = [
  'rpc_response_status_code',
  'rpc_grpc_status_code',
  'grpc_code',
  'grpc_status_code',
  'grpc_status',
  'code',
  'status_code',
  'status',
];
const WORD_LABELS = [
  'outcome',
  'result',
  'status',
  'state',
  'classification',
  'response',
  'severity',
  'level',
];

/** Statuses of gRPC for which the server is to blame: https://opentelemetry.io/docs/specs/semconv/rpc/grpc/, and 8. */
const GRPC_BAD = ['Unknown', 'DeadlineExceeded', 'ResourceExhausted', 'Internal', 'Unavailable', 'DataLoss'];
const GRPC_OTHER = [
  'Canceled',
  'InvalidArgument',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Unauthenticated',
];
const GRPC_NUMBERS = '2|4|8|13|14|15';
const BAD_WORDS = [
  'error',
  'errors',
  'failed',
  'failure',
  'fail',
  'timeout',
  'exception',
  'fatal',
  'critical',
];
const BAD_WORD =
  /^(.*[_ -])?(errors?|err|fail(ed|ures?)?|timed?_?out|exceptions?|fatal|critical|crit|panic|lost|corrupt|dead_?letter(ed)?)$/i;
const GOOD_WORD =
  /^(ok|okay|success(ful)?|succeeded|completed?|done|passed|processed|acked|acknowledged|delivered|hit|info|debug|warn(ing)?|trace)$/i;

/** How a metric's labels tell what is bad; undefined where they do not. The first label that does is taken. */
export function outcomeOf(labels: ReadonlyMap<string, readonly string[]>): Outcome | undefined {
  const of = (label: string) => (labels.get(label) ?? []).filter(value => value !== '');
  for (const label of HTTP_LABELS) {
    const values = of(label);
    const http = { well: 'end without a server error (5xx)' };
    if (values.some(value => /^[1-5](\d\d|xx)$/i.test(value))) return { ...http, bad: `${label}=~"5.."` };
    if (/class$/.test(label) && values.some(value => /^[1-5]$/.test(value)))
      return { ...http, bad: `${label}="5"` };
  }
  for (const label of GRPC_LABELS) {
    const bad = grpcBad(label, of(label));
    if (bad !== undefined) return { bad: `${label}=~"${bad}"`, well: 'end without a server error of gRPC' };
  }
  // Spans say it by the status that OpenTelemetry gives them.
  if (of('status_code').some(value => value.startsWith('STATUS_CODE_')))
    return { bad: 'status_code="STATUS_CODE_ERROR"', well: 'end without an error' };
  if (of('outcome').some(value => /^(SUCCESS|CLIENT_ERROR|SERVER_ERROR)$/.test(value)))
    return { bad: 'outcome="SERVER_ERROR"', well: 'end without a server error' };
  for (const [label, bad] of [
    ['success', 'false'],
    ['ok', 'false'],
    ['error', 'true'],
    ['failed', 'true'],
  ] as const) {
    const values = of(label);
    if (values.length > 0 && values.every(value => /^(true|false)$/i.test(value)))
      return { bad: `${label}=~"(?i:${bad})"`, well: 'end well' };
  }
  for (const label of WORD_LABELS) {
    const values = of(label);
    if (values.some(value => BAD_WORD.test(value) || GOOD_WORD.test(value)))
      return { bad: `${label}=~"${badWords(values).join('|')}"`, well: 'end well' };
  }
  // Only what failed has an error.type.
  const none = of('exception').find(value => /^none$/i.test(value));
  if (none !== undefined) return { bad: `exception!~"${none}|"`, well: 'end without an exception' };
  if (labels.has('error_type')) return { bad: 'error_type!=""', well: 'end without an error' };
  return undefined;
}

function grpcBad(label: string, values: readonly string[]): string | undefined {
  const snake = (word: string) => word.replaceAll(/(?<!^)([A-Z])/g, '_$1').toUpperCase();
  const known = [...GRPC_BAD, ...GRPC_OTHER];
  const camel = values.some(value => known.includes(value));
  const upper = values.some(value => known.map(snake).includes(value));
  if (!camel && !upper) {
    if (!label.includes('rpc')) return undefined;
    if (values.some(value => /^(1[0-6]|\d)$/.test(value))) return GRPC_NUMBERS;
    if (!values.some(value => /^ok$/i.test(value))) return undefined;
  }
  // Where only OK has been seen either way of writing may follow.
  return [...(upper ? [] : GRPC_BAD), ...(camel ? [] : GRPC_BAD.map(snake))].join('|');
}

/** The words that are there, and those that will be: what has never failed has no series of failures yet. */
function badWords(values: readonly string[]): string[] {
  const style = (word: string) =>
    values.some(value => /^[A-Z_]+$/.test(value))
      ? word.toUpperCase()
      : values.some(value => /^[A-Z]/.test(value))
        ? word[0]!.toUpperCase() + word.slice(1)
        : word;
  const seen = values.filter(value => BAD_WORD.test(value) && /^[\w ./:-]+$/.test(value));
  return [...new Set([...BAD_WORDS.map(style), ...seen])].sort();
}
