import { defineConfig } from 'vite';

/** `vite build apps/console/web`; `vite apps/console/web` serves the pages while they are worked on, beside a running console. */
export default defineConfig({
  build: {
    outDir: '../../../dist/apps/console/web',
    emptyOutDir: true,
    // The charts come in one library of their own.
    chunkSizeWarningLimit: 1_000,
    // Files as data: URLs would have to be allowed by the content security policy.
    assetsInlineLimit: 0,
    rolldownOptions: {
      // Libraries mark their modules for server rendering, which there is none of here.
      onwarn: (warning, warn) => {
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
    },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8083' } },
});
