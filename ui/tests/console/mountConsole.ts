// Mounts the whole console at an address, as its entry does, over the fake service.
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { Quasar } from 'quasar'
import { vi } from 'vitest'
import type { Router } from 'vue-router'

import { type ConsoleApi, consoleKey } from '@/console/api'
import ConsoleShell from '@/console/ConsoleShell.vue'
import { createFakeConsole, type FakeConsoleOptions } from '@/console/fake'
import { createConsoleRoutes } from '@/console/routes'
import { createTranslator } from '@/locales'

// The first test of a file loads the pages' modules, which takes its time beside a compiler.
vi.setConfig({ testTimeout: 30_000 })

export interface Mounted {
  readonly page: VueWrapper
  readonly routes: Router
  readonly api: ConsoleApi
  /** Goes to an address and waits until its lists are there. */
  goTo(address: string): Promise<void>
  /** Waits until a press has led to the page of this name, which may still have to be loaded. */
  arrive(name: string): Promise<void>
  /** Presses what has this test id. */
  press(name: string): Promise<void>
  text(name: string): string
  has(name: string): boolean
}

/** Pages load lazily and ask several questions one after another. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) {
    await flushPromises()
    await new Promise((done) => setTimeout(done, 0))
  }
}

export async function mountConsole(address: string, options: FakeConsoleOptions & { readonly api?: ConsoleApi } = {}): Promise<Mounted> {
  window.location.hash = `#${address}`
  const routes = createConsoleRoutes()
  const api = options.api ?? createFakeConsole(options)
  const page = mount(ConsoleShell, {
    attachTo: document.body,
    global: { plugins: [createPinia(), createTranslator('zh-CN'), routes, [Quasar, {}]], provide: { [consoleKey as symbol]: api } },
  })
  await routes.isReady()
  const ready = async (): Promise<void> => {
    await settle()
    // A lazily loaded page arrives when its module does.
    for (let wait = 0; wait < 200 && !page.find('h1').exists(); wait += 1) await new Promise((done) => setTimeout(done, 10))
    await settle()
  }
  await ready()
  return {
    page,
    routes,
    api,
    async goTo(to) {
      await routes.push(to)
      await ready()
    },
    async arrive(name) {
      await vi.waitUntil(() => routes.currentRoute.value.name === name, { timeout: 4000 })
      await ready()
    },
    async press(name) {
      await page.get(`[data-testid="${name}"]`).trigger('click')
      await ready()
    },
    text: (name) => page.get(`[data-testid="${name}"]`).text(),
    has: (name) => page.find(`[data-testid="${name}"]`).exists(),
  }
}
