// How a rectification stands, by sign and colour, and what is due of it.
import type { Opening, RectificationStanding, RectificationState } from '../api'
import type { Tone } from '../parts/tones'

export const rectificationStates = ['open', 'submitted', 'rejected', 'accepted'] as const satisfies readonly RectificationState[]

export const rectificationTones: Readonly<Record<RectificationState, Tone>> = {
  open: { tone: 'abnormal', sign: '▲' },
  submitted: { tone: 'work', sign: '→' },
  rejected: { tone: 'wait', sign: '↩' },
  accepted: { tone: 'normal', sign: '✓' },
}

/** Where it is and what it is about, without saying twice what the place ends with. */
export function placeOf(opening: Opening): string {
  const { place, subject_name } = opening
  return place.split(' · ').includes(subject_name) ? place : [place, subject_name].filter(Boolean).join(' · ')
}

/** One deadline as a person reads it. */
export interface DueView {
  readonly due: string
  /** The day where a whole day is meant, else empty: then the moment counts. */
  readonly day: string
  readonly at: number
  readonly isLate: boolean
  /** How long it is late, or is left. */
  readonly ms: number
}

/** What is due, the nearest first. A due day ends at midnight, and reads as the day that a person wrote down. */
export function dueOf(standing: RectificationStanding, now: number): DueView[] {
  return standing.deadlines.map((one) => ({
    due: one.due,
    day: one.due === 'rectification' ? (standing.opening.due_on ?? '') : '',
    at: one.at,
    isLate: one.at <= now,
    ms: Math.abs(one.at - now),
  }))
}
