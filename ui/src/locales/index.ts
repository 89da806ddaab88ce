// Every visible text lives in this folder as a whole sentence: a folder a language, a file a feature, the file's name being
// the first part of the key. Chinese is the source; English has exactly the same keys (tests/locales/keys.test.ts).
import { createI18n } from 'vue-i18n'

export const languages = ['zh-CN', 'en'] as const
export type Language = (typeof languages)[number]

export function isLanguage(value: unknown): value is Language {
  return languages.some((language) => language === value)
}

export interface Messages {
  [key: string]: string | Messages
}

const files = import.meta.glob<Messages>('./*/*.json', { eager: true, import: 'default' })

/** All texts of a language, by feature. */
export function messagesOf(language: Language): Messages {
  const prefix = `./${language}/`
  const features = Object.entries(files).filter(([file]) => file.startsWith(prefix))
  return Object.fromEntries(features.map(([file, texts]) => [file.slice(prefix.length, -'.json'.length), texts]))
}

/** A fresh translator, so that tests do not share the current language. */
export function createTranslator(language: Language) {
  return createI18n({
    legacy: false,
    locale: language,
    fallbackLocale: 'zh-CN',
    messages: { 'zh-CN': messagesOf('zh-CN'), en: messagesOf('en') },
  })
}
