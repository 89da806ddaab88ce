// What a person chose on this machine: the language, the theme and the size of text. Kept in the web view's own storage, because the lock
// screen needs both before anyone has unlocked the terminal's database.
import { defineStore } from 'pinia'
import { ref, watch } from 'vue'

import { isLanguage, type Language } from '@/locales'

const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

const languageKey = 'xunjian.language'
const themeKey = 'xunjian.theme'
const textSizeKey = 'xunjian.textSize'

/** Sizes of text in percent of the usual. */
export const textSizes = [100, 125, 150, 175, 200] as const
export type TextSize = (typeof textSizes)[number]

export const usePreferences = defineStore('preferences', () => {
  const language = ref<Language>(storedLanguage())
  const theme = ref<Theme>(storedTheme())
  const textSize = ref<TextSize>(storedTextSize())

  watch(language, (chosen) => localStorage.setItem(languageKey, chosen))
  watch(theme, (chosen) => localStorage.setItem(themeKey, chosen))
  watch(textSize, (chosen) => localStorage.setItem(textSizeKey, String(chosen)))

  return { language, theme, textSize }
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

function storedTextSize(): TextSize {
  const stored = Number(localStorage.getItem(textSizeKey))
  return textSizes.find((size) => size === stored) ?? 100
}
