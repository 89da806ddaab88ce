// The numbers of a coverage as people read them, and the list behind each. 已检 is what the completion rate counts as done.
import type { CompletionRate, LineState } from '../api'
import type { Tone } from '../parts/tones'

export type NumberName = 'due' | 'done' | LineState

export const numberNames = ['due', 'done', 'normal', 'abnormal', 'not_applicable', 'not_applicable_unaccepted', 'not_checked', 'missed'] as const satisfies readonly NumberName[]

export const numberTones: Readonly<Record<NumberName, Tone>> = {
  due: { tone: 'none', sign: '' },
  done: { tone: 'none', sign: '' },
  normal: { tone: 'normal', sign: '✓' },
  abnormal: { tone: 'abnormal', sign: '▲' },
  not_applicable: { tone: 'none', sign: '—' },
  not_applicable_unaccepted: { tone: 'wait', sign: '—' },
  not_checked: { tone: 'none', sign: '○' },
  missed: { tone: 'wait', sign: '!' },
}

/** Each line stands in exactly one of the states, so those add up to what is due. */
export function numbersOf(rate: CompletionRate): Readonly<Record<NumberName, number>> {
  const { due, normal, abnormal, not_applicable, not_applicable_accepted, not_checked } = rate
  return {
    due,
    done: normal + abnormal + not_applicable_accepted,
    normal,
    abnormal,
    not_applicable: not_applicable_accepted,
    not_applicable_unaccepted: not_applicable - not_applicable_accepted,
    not_checked,
    missed: Math.max(0, due - normal - abnormal - not_applicable - not_checked),
  }
}

/** The completion rate in percent with one decimal, rounded down so that 99.96 never reads 100.0; `null` when nothing is due. */
export function percentOf(rate: CompletionRate): string | null {
  if (rate.due === 0) return null
  const perMille = Math.floor((numbersOf(rate).done * 1000) / rate.due)
  return `${Math.floor(perMille / 10)}.${perMille % 10}`
}

/** The list behind a number, as a query of the page of lines. */
export function queryOf(name: NumberName, where: Readonly<Record<string, string>> = {}): Record<string, string> {
  return name === 'due' ? { ...where } : { ...where, state: name }
}
