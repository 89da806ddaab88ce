// Every visible text lives in this folder as a whole sentence. Chinese is the source; English has exactly the same keys.
import { createI18n } from 'vue-i18n'

import en from './en.json'
import zhCN from './zh-CN.json'

export const languages = ['zh-CN', 'en'] as const
export type Language = (typeof languages)[number]

export function isLanguage(value: unknown): value is Language {
  return languages.some((language) => language === value)
}

export type Messages = typeof zhCN

/** A fresh translator, so that tests do not share the current language. */
export function createTranslator(language: Language) {
  const messages: Record<Language, Messages> = { 'zh-CN': zhCN, en }
  return createI18n({ legacy: false, locale: language, fallbackLocale: 'zh-CN', messages })
}
