// What a person chose on this machine: the language and the theme. Kept in the web view's own storage, because the lock
// screen needs both before anyone has unlocked the terminal's database.
import { defineStore } from 'pinia'
import { ref, watch } from 'vue'

import { isLanguage, type Language } from '@/locales'

const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

const languageKey = 'xunjian.language'
const themeKey = 'xunjian.theme'

export const usePreferences = defineStore('preferences', () => {
  const language = ref<Language>(storedLanguage())
  const theme = ref<Theme>(storedTheme())

  watch(language, (chosen) => localStorage.setItem(languageKey, chosen))
  watch(theme, (chosen) => localStorage.setItem(themeKey, chosen))

  return { language, theme }
})

/** Chinese first, whatever the machine's own language is: the sites' tablets often run an English system image. */
function storedLanguage(): Language {
  const stored = localStorage.getItem(languageKey)
  return isLanguage(stored) ? stored : 'zh-CN'
}

function storedTheme(): Theme {
  const stored = localStorage.getItem(themeKey)
  return themes.find((theme) => theme === stored) ?? 'system'
}
