// Entry of `index.html`: the app in its Tauri window.
import AppShell from './AppShell.vue'
import { backendKey, openBackend } from './backend'
import { createPages } from './mount'
import { createRoutes } from './routes'

createPages(AppShell)
  .provide(backendKey, await openBackend())
  .use(createRoutes())
  .mount('#page')
