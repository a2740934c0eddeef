import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { asked, onUnknownCaller, principal } from './api.ts';

/** Who this browser acts as, as the server knows it. */
export interface Session {
  name: string;
  role: string;
  /** By a token; else under the name that the browser gives. */
  signedIn: boolean;
}

let unknown = false;
const listeners = new Set<() => void>();

function setUnknown(value: boolean): void {
  if (value === unknown) return;
  unknown = value;
  for (const listener of listeners) listener();
}

onUnknownCaller(setUnknown);

/** Whether the server asks for a token: none was given yet, or the session has ended. */
export function useUnknownCaller(): boolean {
  return useSyncExternalStore(
    listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => unknown,
  );
}

export function useSession() {
  return useQuery({
    queryKey: ['session', principal()],
    queryFn: () => asked('POST', '/session') as Promise<Session>,
    staleTime: 60_000,
    retry: false,
  });
}

/** Gives the server a token, which it keeps in a cookie that scripts cannot read. */
export function useSignIn() {
  const queries = useQueryClient();
  return useMutation<Session, Error, string>({
    mutationFn: token => asked('POST', '/session', { authorization: `Bearer ${token}` }) as Promise<Session>,
    onSuccess: () => void queries.invalidateQueries(),
  });
}

export function useSignOut() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => asked('DELETE', '/session'),
    onSuccess: () => {
      // What was read under the name that is given up goes with it.
      queries.clear();
      location.reload();
    },
  });
}

/** Whether a token can be one at all: what no header can carry is told at once. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]{1,4096}$/.test(text);
}
