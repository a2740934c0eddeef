/**
 * The one table of ways to fail. A fault has a closed code; the code decides the HTTP status, the exit code of
 * the CLI and how a model is told, so that the three surfaces never disagree.
 */
const TABLE = {
  /** The request is wrong: a flag, a field, a file. */
  invalid: { http: 400, exit: 2 },
  /** Nobody that we know asks. */
  unauthenticated: { http: 401, exit: 4 },
  /** Known, and not allowed: a role, an approval, a policy. */
  forbidden: { http: 403, exit: 4 },
  not_found: { http: 404, exit: 3 },
  /** The thing is in a state in which this cannot be done. */
  conflict: { http: 409, exit: 5 },
  /** A gate said no: error budget, guard, action budget. */
  denied: { http: 412, exit: 4 },
  too_large: { http: 413, exit: 2 },
  /** Over a rate or a queue's bound; try again later. */
  overloaded: { http: 429, exit: 6 },
  cancelled: { http: 499, exit: 130 },
  internal: { http: 500, exit: 1 },
  /** Something that we depend on is away or broken. */
  unavailable: { http: 503, exit: 6 },
  timeout: { http: 504, exit: 6 },
} as const;

/** The kinds of failure; the table above gives each its HTTP status and exit code. */
export type FaultCode = keyof typeof TABLE;

/** A place in a user's file. Lines and columns count from 1. */
export interface Place {
  file: string;
  line?: number;
  column?: number;
}

/** What a fault says beside its code and sentence. */
export interface FaultDetail {
  /** The field, as `spec.target`. */
  field?: string;
  place?: Place;
  /** What would be right, or the next command to try. */
  hint?: string;
  /** Seconds after which trying again is sensible. */
  retryAfterSeconds?: number;
  /** Several problems of one kind, as those of a folder of files. */
  problems?: readonly Problem[];
  cause?: unknown;
}

/** One thing that is wrong with what was given; a fault may carry many. */
export interface Problem {
  message: string;
  field?: string;
  place?: Place;
  hint?: string;
}

/** An expected failure: what, where, and what would be right. Anything else that is thrown is a defect (`internal`). */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly detail: FaultDetail;

  constructor(code: FaultCode, message: string, detail: FaultDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = 'Fault';
    this.code = code;
    this.detail = detail;
  }

  get httpStatus(): number {
    return TABLE[this.code].http;
  }

  get exitCode(): number {
    return TABLE[this.code].exit;
  }

  /** The wire form, the same on every surface. */
  toJSON(): FaultBody {
    const { field, place, hint, retryAfterSeconds, problems } = this.detail;
    return {
      error: {
        code: this.code,
        message: this.message,
        ...(field === undefined ? {} : { field }),
        ...(place === undefined ? {} : { place }),
        ...(hint === undefined ? {} : { hint }),
        ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
        ...(problems === undefined ? {} : { problems }),
      },
    };
  }

  /** The fault in text for a terminal or a model: message, place, hint, one a line. */
  toText(): string {
    const { place, hint, problems } = this.detail;
    const lines = [`${place === undefined ? '' : `${formatPlace(place)}: `}${this.message}`];
    for (const problem of problems ?? []) lines.push(`  ${formatProblem(problem)}`);
    if (hint !== undefined) lines.push(`  → ${hint}`);
    return lines.join('\n');
  }
}

/** A fault as it is sent: the same JSON over HTTP, MCP and from `--json`. */
export interface FaultBody {
  error: { code: FaultCode; message: string } & Omit<FaultDetail, 'cause'>;
}

export const faultCodes = Object.keys(TABLE) as FaultCode[];

export function formatPlace(place: Place): string {
  return [place.file, place.line, place.column].filter(part => part !== undefined).join(':');
}

/** A problem in a line: `slo.yaml:3:5: spec.target: must be below 1 (did you mean 0.99?)`. */
export function formatProblem(problem: Problem): string {
  const place = problem.place === undefined ? '' : `${formatPlace(problem.place)}: `;
  const field = problem.field === undefined || problem.field === '' ? '' : `${problem.field}: `;
  const hint = problem.hint === undefined ? '' : ` (${problem.hint})`;
  return `${place}${field}${problem.message}${hint}`;
}

/** Whatever was thrown, as a fault. A defect's own text stays in the log: callers get only its kind. */
export function asFault(thrown: unknown): Fault {
  if (thrown instanceof Fault) return thrown;
  if (thrown instanceof Error && thrown.name === 'AbortError')
    return new Fault('cancelled', 'The request was cancelled.', { cause: thrown });
  return new Fault('internal', 'Something in Nines itself failed; its log has the details.', {
    cause: thrown,
  });
}

/** A fault from its wire form, as a remote caller receives it. */
export function faultFromBody(body: FaultBody): Fault {
  const { code, message, ...detail } = body.error;
  return new Fault(faultCodes.includes(code) ? code : 'internal', message, detail);
}

/** The message of whatever was thrown, for a log or a sentence. An engine in WebAssembly throws objects that are no Error. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  if (typeof thrown !== 'object' || thrown === null) return String(thrown);
  const { message, name, code, errno } = thrown as Record<string, unknown>;
  if (typeof message === 'string' && message !== '') return message;
  const said = [name, code, errno === undefined ? undefined : `errno ${errno}`].filter(
    part => typeof part === 'string' || typeof part === 'number',
  );
  return said.length === 0 ? 'no reason given' : said.join(' ');
}
