// Carries the chosen language and theme to everything that draws: the translator, Quasar's own texts, the page's `lang`.
import { useQuasar } from 'quasar'
import quasarEnglish from 'quasar/lang/en-US.js'
import quasarChinese from 'quasar/lang/zh-CN.js'
import { watchEffect } from 'vue'
import { useI18n } from 'vue-i18n'

import { usePreferences } from './store'

export function useAppearance(): void {
  const preferences = usePreferences()
  const quasar = useQuasar()
  const { locale } = useI18n()

  watchEffect(() => {
    locale.value = preferences.language
    quasar.lang.set(preferences.language === 'en' ? quasarEnglish : quasarChinese)
    // Last, because Quasar writes the code of its own language pack: screen readers and fonts go by this attribute.
    document.documentElement.lang = preferences.language
  })
  watchEffect(() => quasar.dark.set(preferences.theme === 'system' ? 'auto' : preferences.theme === 'dark'))
  // Everything is measured in rem, so that the root's size alone scales the pages.
  watchEffect(() => document.documentElement.style.setProperty('font-size', `${preferences.textSize}%`))
}
