// Entry of `index.html`: the app in its Tauri window.
import AppShell from './AppShell.vue'
import { backendKey, openBackend } from './backend'
import { createPages } from './mount'
import { createRoutes } from './routes'

// Every start but the very first shows the lock screen: its files come while the engine opens.
void import('./enrol/UnlockPage.vue')

createPages(AppShell)
  .provide(backendKey, await openBackend())
  .use(createRoutes())
  .mount('#page')
