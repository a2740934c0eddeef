import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const server = process.env.NINES_URL ?? 'http://127.0.0.1:4800';

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // Older ones would get light-dark() taken apart in a way that does not see Mantine's colour scheme.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    rolldownOptions: {
      output: {
        // By folder, as oncall-page: every folder has a page.tsx.
        chunkFileNames: ({ facadeModuleId, name }) => {
          const folder = facadeModuleId?.match(/\/web\/src\/(.+)\/[^/]+$/)?.[1]?.replaceAll('/', '-');
          return `assets/${[folder, name].filter(part => part !== undefined).join('-')}-[hash].js`;
        },
      },
    },
  },
  // The server refuses writes of other origins: what the development page asks comes as from the server's own.
  server: {
    host: '127.0.0.1',
    proxy: {
      '/api': { target: server, changeOrigin: true, headers: { origin: server } },
      '/prometheus': server,
      '/openapi.json': server,
    },
  },
});
