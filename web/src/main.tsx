import '@mantine/core/styles.css';
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { fetchAhead } from './lazy-part.ts';
import { theme, variables } from './theme.ts';

const queries = new QueryClient({
  // A server on this machine answers also where the browser thinks that it is offline.
  defaultOptions: {
    queries: { retry: 2, staleTime: 1000, refetchOnWindowFocus: true, networkMode: 'always' },
    mutations: { networkMode: 'always' },
  },
});

createRoot(document.getElementById('root')!).render(
  <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
    <QueryClientProvider client={queries}>
      <App />
    </QueryClientProvider>
  </MantineProvider>,
);

/** Long enough for the first page to be asked and drawn, also on a slow line. */
const FETCH_AHEAD_AFTER_MS = 4_000;
setTimeout(() => void fetchAhead(), FETCH_AHEAD_AFTER_MS);
