// What both entries do alike before their first page shows: the translator, the preferences, Quasar and the styles.
import 'quasar/dist/quasar.css'
import './styles/fonts.css'
import './styles/tokens.css'
import './styles/base.css'

import { createPinia } from 'pinia'
import { Quasar } from 'quasar'
import icons from 'quasar/icon-set/svg-material-icons.js'
import { type App, type Component, createApp } from 'vue'

import { createTranslator } from './locales'
import { usePreferences } from './preferences/store'

/** An application that still needs its backend and routes, then `mount('#page')`. */
export function createPages(shell: Component): App {
  const pinia = createPinia()
  return createApp(shell)
    .use(pinia)
    .use(createTranslator(usePreferences(pinia).language))
    .use(Quasar, { plugins: {}, iconSet: icons })
}
