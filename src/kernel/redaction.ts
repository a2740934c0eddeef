const SECRET_KEY =
  /(pass(word|wd)?|secret|token|authorization|api[-_]?key|cookie|credential|private[-_]?key)s?$/i;
const BEARER = /\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi;
/** Without a user, as redis has it, too; a password may hold an @, and the last one before the host ends it. */
const URL_PASSWORD = /\b([a-z][a-z0-9+.-]{0,31}:\/\/[^\s:/@]{0,256}):[^\s/]{1,256}@/gi;
const MAX_DEPTH = 12;

/** Takes secrets out of text: authorization values and passwords inside URLs. */
export function redactText(text: string): string {
  return text.replace(BEARER, '$1 [redacted]').replace(URL_PASSWORD, '$1:[redacted]@');
}

/** A copy without secrets: values under a secret's name, and secrets inside strings. Errors are passed on as they are. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (value === null || typeof value !== 'object' || value instanceof Error || value instanceof Date)
    return value;
  if (depth >= MAX_DEPTH) return '[too deep]';
  if (Array.isArray(value)) return value.map(item => redact(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      SECRET_KEY.test(key) && item !== null && item !== undefined ? '[redacted]' : redact(item, depth + 1),
    ]),
  );
}
