// How values become words: texts of the engine, times, dates, sizes. One place, so that every page says them alike.
import { useI18n } from 'vue-i18n'

import type { Text } from '@/gen'

export interface Words {
  /** A text of the engine in the page's language. */
  say(text: Text): string
  /** 巡检类别 or 巡检项 of the standard, as printed in Chinese; a term of an edited template that we have no English for stays as it is. */
  term(printed: string): string
  /** `10:42`, of a Unix time in milliseconds. */
  clock(at: number): string
  /** `2026-11-22 10:42`. */
  moment(at: number): string
  /** `2026-11-22`. */
  day(at: number): string
  /** `9.2 GB`. */
  size(bytes: number): string
  /** `1 天`, `2 小时 5 分钟`: how long, whatever its sign; the largest unit and, below ten of it, the next one. */
  amount(ms: number): string
}

const lengths = [
  ['days', 86_400],
  ['hours', 3600],
  ['minutes', 60],
  ['seconds', 1],
] as const

// The sites are in one time zone, and so is the standard; a tablet set to another one must not shift a record's time.
const zone = 'Asia/Shanghai'
const parts = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' })

const moment = (at: number): string => parts.format(at)

export function useWords(): Words {
  const { locale, t, te } = useI18n()
  return {
    say: (text) => (locale.value === 'en' ? text.en : text.zh),
    term: (printed) => (te(`standard.term.${printed}`) ? t(`standard.term.${printed}`) : printed),
    clock: (at) => moment(at).slice(11),
    moment,
    day: (at) => moment(at).slice(0, 10),
    size(bytes) {
      if (bytes < 1000) return t('common.unit.bytes', { n: bytes })
      if (bytes < 1e6) return t('common.unit.kb', { n: (bytes / 1e3).toFixed(0) })
      if (bytes < 1e9) return t('common.unit.mb', { n: (bytes / 1e6).toFixed(1) })
      return t('common.unit.gb', { n: (bytes / 1e9).toFixed(1) })
    },
    amount(ms) {
      const seconds = Math.round(Math.abs(ms) / 1000)
      const found = lengths.findIndex(([, length]) => seconds >= length)
      const at = found < 0 ? lengths.length - 1 : found
      const [unit, length] = lengths[at] ?? ['seconds', 1]
      const whole = Math.floor(seconds / length)
      const first = t(`common.amount.${unit}`, { n: whole })
      const next = lengths[at + 1]
      const rest = next ? Math.floor((seconds % length) / next[1]) : 0
      return next && whole < 10 && rest > 0 ? `${first} ${t(`common.amount.${next[0]}`, { n: rest })}` : first
    },
  }
}
