// The whole app in a test: the real shell with its routes and the fake backend, at an address.
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { Quasar } from 'quasar'
import type { Router } from 'vue-router'

import AppShell from '@/AppShell.vue'
import { type Backend, backendKey } from '@/backend'
import { createTranslator } from '@/locales'
import { createRoutes, routes as pages } from '@/routes'

export interface OpenApp {
  readonly page: VueWrapper
  readonly routes: Router
  /** The address behind the hash. */
  at(): string
  by(id: string): ReturnType<VueWrapper['find']>
  /** Goes there and waits until the page is there and has its answers. */
  go(address: string): Promise<void>
  close(): void
}

/** Leaves time for timers of Quasar and for answers that follow answers. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 6; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    await flushPromises()
  }
}

export async function openApp(backend: Backend, address = '/'): Promise<OpenApp> {
  // Pages are fetched when first shown; fetched before, a route settles with its promises.
  await Promise.all(pages.map((route) => (typeof route.component === 'function' ? (route.component as () => Promise<unknown>)() : null)))
  // As the window opens it: the address stands behind the hash, and the first page is chosen while the shell mounts.
  window.location.hash = `#${address}`
  const routes = createRoutes()
  const page = mount(AppShell, {
    attachTo: document.body,
    global: { plugins: [createPinia(), createTranslator('zh-CN'), routes, [Quasar, {}]], provide: { [backendKey as symbol]: backend } },
  })
  await routes.isReady()
  await settle()
  return {
    page,
    routes,
    at: () => routes.currentRoute.value.fullPath,
    by: (id) => page.find(`[data-testid="${id}"]`),
    go: async (to) => {
      await routes.push(to)
      await settle()
    },
    close: () => page.unmount(),
  }
}
