// How a record stands with its reviewers, and how far a countersignature has come: by sign and colour; the word is in the locale.
import type { CountersignatureState, ReviewState } from '@/gen'

export const signs: Readonly<Record<ReviewState, string>> = { waiting: '○', accepted: '✓', returned: '▲', amended: '—' }
export const tones: Readonly<Record<ReviewState, string>> = { waiting: 'wait', accepted: 'normal', returned: 'abnormal', amended: 'none' }

export const saidSigns: Readonly<Record<CountersignatureState, string>> = { queued: '↑', stored: '…', logged: '✓', refused: '▲' }
export const saidTones: Readonly<Record<CountersignatureState, string>> = { queued: 'wait', stored: 'wait', logged: 'normal', refused: 'abnormal' }
