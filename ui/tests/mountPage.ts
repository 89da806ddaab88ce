// Mounts a component as its entry would: fresh preferences, its own translator, Quasar, and the fake backend.
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { QLayout, QPageContainer, Quasar } from 'quasar'
import { type Component, defineComponent, h } from 'vue'

import { type Backend, backendKey } from '@/backend'
import { createFakeBackend } from '@/backend/fake'
import { createTranslator, type Language } from '@/locales'
import { createRoutes } from '@/routes'

export interface Mounting {
  readonly backend?: Backend
}

/** The mounted page after its first answers arrived, starting from an empty storage unless the test filled it before. */
export async function mountPage(page: Component, mounting: Mounting = {}): Promise<VueWrapper> {
  const routes = createRoutes()
  const wrapper = mount(page, {
    attachTo: document.body,
    global: {
      plugins: [createPinia(), createTranslator('zh-CN'), routes, [Quasar, {}]],
      provide: { [backendKey as symbol]: mounting.backend ?? createFakeBackend() },
    },
  })
  await routes.isReady()
  await flushPromises()
  return wrapper
}

export interface PageMounting extends Mounting {
  /** The address behind the hash, for pages that read their query: `/seal?visits=a,b`. */
  readonly at?: string
  readonly props?: Record<string, unknown>
  readonly language?: Language
}

/** Mounts one page inside the layout that every Quasar page needs, at an address of its own. */
export async function mountAppPage(page: Component, mounting: PageMounting = {}): Promise<VueWrapper> {
  const routes = createRoutes()
  if (mounting.at) await routes.replace(mounting.at)
  const layout = defineComponent({ render: () => h(QLayout, null, () => h(QPageContainer, null, () => h(page, mounting.props))) })
  const wrapper = mount(layout, {
    attachTo: document.body,
    global: {
      plugins: [createPinia(), createTranslator(mounting.language ?? 'zh-CN'), routes, [Quasar, {}]],
      provide: { [backendKey as symbol]: mounting.backend ?? createFakeBackend() },
    },
  })
  await routes.isReady()
  await flushPromises()
  return wrapper
}
