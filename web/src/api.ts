import { useQueries, useQuery } from '@tanstack/react-query';
import type { operations } from '../../src/operations.ts';
import { routes } from './routes.gen.ts';

/** Every operation of the server, by its declaration: names, inputs and outputs come from there and nowhere else. */
type AnyDeclared = (typeof operations)[number];
export type OperationName = AnyDeclared['name'];
type Declared<N extends OperationName> = Extract<AnyDeclared, { name: N }>;
export type InputOf<N extends OperationName> = Declared<N>['input']['_zod']['input'];
export type OutputOf<N extends OperationName> = Declared<N>['output']['_zod']['output'];

/** A fault of the server, with the hint it gives. */
export class ApiError extends Error {
  readonly code: string;
  readonly hint: string | undefined;

  constructor(code: string, message: string, hint?: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** Calls an operation by its name. */
export async function call<N extends OperationName>(name: N, input: InputOf<N>): Promise<OutputOf<N>> {
  const { method, path }: { method: string; path: string } = routes[name as keyof typeof routes];
  const rest: Record<string, unknown> = { ...(input as Record<string, unknown>) };
  const url = path.replaceAll(/:([A-Za-z]+)/g, (_, key: string) => {
    const value = rest[key];
    delete rest[key];
    return encodeURIComponent(String(value));
  });
  const inQuery = method === 'GET' || method === 'DELETE';
  const query = new URLSearchParams();
  if (inQuery)
    for (const [key, value] of Object.entries(rest))
      for (const one of Array.isArray(value) ? value : [value])
        if (one !== undefined) query.append(key, String(one));
  const answer = await asked(
    method,
    `${url}${query.size > 0 ? `?${query}` : ''}`,
    { 'content-type': 'application/json' },
    inQuery ? undefined : JSON.stringify(rest),
  );
  return answer as OutputOf<N>;
}

/** The server did not answer at all; what it says itself has another code. */
export const UNREACHABLE = 'unreachable';

let tellUnknown: (unknown: boolean) => void = () => {};

/** Called when the server does not know who asks, and when it does: another tab may have signed in meanwhile. */
export function onUnknownCaller(tell: (unknown: boolean) => void): void {
  tellUnknown = tell;
}

/** One request to the API. Throws what the server says, or that it says nothing. */
export async function asked(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string,
): Promise<unknown> {
  const response = await fetch(`/api/v1${path}`, {
    method,
    // A name may have letters that no header has.
    headers: { 'nines-principal': encodeURIComponent(principal()), ...headers },
    ...(body === undefined ? {} : { body }),
  }).catch(() => {
    throw new ApiError(UNREACHABLE, 'The server does not answer. This page goes on trying.');
  });
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) {
    tellUnknown(false);
    return answer;
  }
  const error = (answer as { error?: { code: string; message: string; hint?: string } } | undefined)?.error;
  if (error?.code === 'unauthenticated') tellUnknown(true);
  throw new ApiError(
    error?.code ?? 'internal',
    error?.message ?? `The server answered ${response.status}.`,
    error?.hint,
  );
}

interface AskOptions {
  everyMs?: number | undefined;
  enabled?: boolean;
}

function questionOf<N extends OperationName>(name: N, input: InputOf<N>, options: AskOptions) {
  return {
    queryKey: [name, input] as const,
    queryFn: () => call(name, input),
    ...(options.everyMs === undefined ? {} : { refetchInterval: options.everyMs }),
    ...(options.enabled === undefined ? {} : { enabled: options.enabled }),
    // What will not be otherwise the next moment is not asked again at once.
    retry: (failures: number, error: Error) =>
      failures < 2 &&
      (!(error instanceof ApiError) || [UNREACHABLE, 'unavailable', 'overloaded'].includes(error.code)),
  };
}

/** Reads an operation's answer and keeps it fresh: `live.ts` invalidates it when something happens. */
export function useOperation<N extends OperationName>(name: N, input: InputOf<N>, options: AskOptions = {}) {
  return useQuery(questionOf(name, input, options));
}

/** The same for several inputs, whose number may change. */
export function useOperations<N extends OperationName>(
  name: N,
  inputs: readonly InputOf<N>[],
  options: AskOptions = {},
) {
  return useQueries({ queries: inputs.map(input => questionOf(name, input, options)) });
}

const PRINCIPAL = 'nines.principal';

/** By what name this browser's user acts. The server trusts it only where it trusts the machine itself. */
export function principal(): string {
  return localStorage.getItem(PRINCIPAL) ?? 'console';
}

export function setPrincipal(name: string): void {
  localStorage.setItem(PRINCIPAL, name);
}
