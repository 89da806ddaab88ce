// Mounts a component as its entry would: fresh preferences, its own translator, Quasar, and the fake backend.
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { Quasar } from 'quasar'
import type { Component } from 'vue'

import { type Backend, backendKey } from '@/backend'
import { createFakeBackend } from '@/backend/fake'
import { createTranslator } from '@/locales'
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
