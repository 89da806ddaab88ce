// How each verdict of a scan shows: sign, tone of colour, and whether it sounds good. The word is common.scanVerdict.*.
import type { ScanVerdict } from '@/gen'

export type Tone = 'normal' | 'abnormal' | 'wait' | 'work' | 'none'

export interface Look {
  readonly sign: string
  readonly tone: Tone
}

export const looks: Record<ScanVerdict, Look> = {
  right: { sign: '✓', tone: 'normal' },
  wrong_rack: { sign: '⇄', tone: 'abnormal' },
  wrong_room: { sign: '⇄', tone: 'abnormal' },
  unknown: { sign: '?', tone: 'wait' },
  revoked: { sign: '⊘', tone: 'abnormal' },
  foreign: { sign: '◇', tone: 'wait' },
  forged: { sign: '✕', tone: 'abnormal' },
  not_a_label: { sign: '—', tone: 'none' },
  repeated: { sign: '↺', tone: 'work' },
}

/** A repeated scan is no mistake, but it is not one more either: it has a sound of its own kind. */
export const soundOf = (verdict: ScanVerdict): 'good' | 'again' | 'bad' => (verdict === 'right' ? 'good' : verdict === 'repeated' ? 'again' : 'bad')
