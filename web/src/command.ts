import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call, type InputOf, type OperationName, type OutputOf } from './api.ts';

/** Calls an operation that changes something; afterwards what is on the page is asked again. */
export function useCommand<N extends OperationName>(name: N) {
  const queries = useQueryClient();
  return useMutation<OutputOf<N>, Error, InputOf<N>>({
    mutationFn: input => call(name, input),
    onSuccess: () => queries.invalidateQueries(),
    // Why it was not done is told at once, and not once all of the page was asked again.
    onError: () => void queries.invalidateQueries(),
  });
}
