// One code base, two entries: `index.html` is the app in its Tauri window, `console.html` is what the service serves.
import { fileURLToPath, URL } from 'node:url'

import { quasar, transformAssetUrls } from '@quasar/vite-plugin'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

export default defineConfig({
  // Relative addresses, because the app lives at a custom scheme's root and the console below a path of the service.
  base: './',
  plugins: [vue({ template: { transformAssetUrls } }), quasar()],
  resolve: { alias: { '@': path('./src'), '@icons': path('../icons') } },
  define: {
    // Messages are interpreted, not compiled by `new Function`: the content security policy forbids evaluation.
    __INTLIFY_JIT_COMPILATION__: 'true',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __VUE_OPTIONS_API__: 'true',
  },
  server: { host: '127.0.0.1', port: 5173, strictPort: true, fs: { allow: ['..'] } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // Nothing is inlined as a `data:` address: the policy allows images from the app itself only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { app: path('./index.html'), console: path('./console.html') },
      // Two files instead of fifteen before the first page: each is a turn through the window's custom scheme.
      output: {
        codeSplitting: {
          groups: [
            { name: 'vendor', test: /node_modules|vite[\\/]preload-helper|plugin-vue:export-helper/ },
            { name: 'base', test: /src[\\/](AppShell|mount|routes|backend[\\/](index|error|tauri)|locales|nav|preferences|session|sync|text)/ },
          ],
        },
      },
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['tests/**/*.test.ts'],
    restoreMocks: true,
    // Styles are not applied in tests; these two are read as texts (tests/app/fonts.test.ts).
    css: { include: [/styles\/(fonts|tokens)\.css/] },
  },
})
