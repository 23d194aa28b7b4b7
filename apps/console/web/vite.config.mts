import { defineConfig } from 'vite';

/** `vite build apps/console/web` builds; `vite apps/console/web` serves the pages for development, beside a running console. */
export default defineConfig({
  build: {
    outDir: '../../../dist/apps/console/web',
    emptyOutDir: true,
    license: { fileName: 'third-party-licenses.md' },
    // The charts are in one large library.
    chunkSizeWarningLimit: 1_000,
    // The content security policy does not allow data: URLs.
    assetsInlineLimit: 0,
    rolldownOptions: {
      // Libraries mark modules for server rendering, which is not used here.
      onwarn: (warning, warn) => {
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
    },
  },
  server: { proxy: { '/api': process.env['CONSOLE_URL'] ?? 'http://127.0.0.1:8083' } },
});
