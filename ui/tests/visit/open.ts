// Mounts the app's routes inside a layout at an address, as the shell does: pages of Quasar need one around them.
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { QLayout, QPageContainer, Quasar } from 'quasar'
import { defineComponent, h } from 'vue'
import { type Router, RouterView } from 'vue-router'

import { type Backend, backendKey } from '@/backend'
import { createFakeBackend } from '@/backend/fake'
import rack from '@/backend/fake/visit-rack.json'
import room from '@/backend/fake/visit-room.json'
import { createTranslator, type Language } from '@/locales'
import { createRoutes } from '@/routes'
// Loaded here and not by the first press: on a busy machine that takes seconds.
import '@/today/TodayPage.vue'
import '@/visit/ChecklistPage.vue'
import '@/visit/VisitPage.vue'

export const rackVisit = rack.id
export const roomVisit = room.id

export interface Opened {
  readonly wrapper: VueWrapper
  readonly router: Router
  readonly backend: Backend
}

const Frame = defineComponent({ render: () => h(QLayout, null, () => h(QPageContainer, null, () => h(RouterView))) })

/** The app at `path` after its first answers arrived. */
export async function openAt(path: string, backend: Backend = createFakeBackend(), language: Language = 'zh-CN'): Promise<Opened> {
  const router = createRoutes()
  await router.push(path)
  const wrapper = mount(Frame, {
    attachTo: document.body,
    global: { plugins: [createPinia(), createTranslator(language), router, [Quasar, {}]], provide: { [backendKey as symbol]: backend } },
  })
  await router.isReady()
  await settle()
  return { wrapper, router, backend }
}

/** Waits for answers, lazily loaded pages and the frames that scrolling takes. */
export async function settle(ms = 60): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
  await flushPromises()
}

export const testId = (name: string): string => `[data-testid="${name}"]`
