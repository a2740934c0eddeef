import type { Duration } from './ast.ts';
import { durationText } from './literal.ts';
import { PromqlError } from './promql-error.ts';

/** What a duration expression may ask of the query, both in ms. */
export interface DurationScope {
  readonly stepMs: number;
  readonly rangeMs: number;
}

function seconds(duration: Duration, scope: DurationScope): number {
  switch (duration.kind) {
    case 'seconds':
      return duration.value;
    case 'step':
      return scope.stepMs / 1000;
    case 'range':
      return scope.rangeMs / 1000;
    case 'sign':
      return duration.op === '-' ? -seconds(duration.of, scope) : seconds(duration.of, scope);
    case 'paren':
      return seconds(duration.of, scope);
    case 'operation': {
      const left = seconds(duration.left, scope);
      const right = seconds(duration.right, scope);
      switch (duration.op) {
        case '+':
          return left + right;
        case '-':
          return left - right;
        case '*':
          return left * right;
        case '/':
          if (right === 0) throw new PromqlError('parse', 'division by zero', duration.at);
          return left / right;
        case '%':
          if (right === 0) throw new PromqlError('parse', 'modulo by zero', duration.at);
          return left % right;
        case '^':
          return left ** right;
        case 'min_of':
          return Math.min(left, right);
        case 'max_of':
          return Math.max(left, right);
      }
    }
  }
}

/** Whether the duration is the same for every query. */
export function isConstant(duration: Duration): boolean {
  switch (duration.kind) {
    case 'seconds':
      return true;
    case 'step':
    case 'range':
      return false;
    case 'sign':
    case 'paren':
      return isConstant(duration.of);
    case 'operation':
      return isConstant(duration.left) && isConstant(duration.right);
  }
}

/** Prometheus holds durations in int64 nanoseconds; what does not fit is out of range. */
const longestMs = 9223372036854;

/** The duration in ms. A range or step must be positive, an offset may be anything. */
export function resolved(duration: Duration, scope: DurationScope, positive: boolean): number {
  const ms = Math.trunc(Math.round(seconds(duration, scope) * 1e6) / 1e3);
  if (positive && !(ms > 0)) throw new PromqlError('parse', 'duration must be greater than 0', duration.at);
  if (!(Math.abs(ms) <= longestMs)) throw new PromqlError('parse', 'duration out of range', duration.at);
  return ms;
}

/** The duration as text: constants are worked out (`5m`), the rest is printed as it was written. */
export function durationSource(duration: Duration): string {
  switch (duration.kind) {
    case 'seconds':
      return durationText(duration.value * 1000);
    case 'step':
    case 'range':
      return `${duration.kind}()`;
    case 'sign':
      return `${duration.op}${durationSource(duration.of)}`;
    case 'paren':
      return `(${durationSource(duration.of)})`;
    case 'operation': {
      const left = durationSource(duration.left);
      const right = durationSource(duration.right);
      if (duration.op === 'min_of' || duration.op === 'max_of') return `${duration.op}(${left}, ${right})`;
      return `${left} ${duration.op} ${right}`;
    }
  }
}
