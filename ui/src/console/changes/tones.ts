// How a change set stands, by sign and colour.
import type { ChangeSetState } from '../api'
import type { Tone } from '../parts/tones'

export const changeStates = ['proposed', 'approved', 'rejected'] as const satisfies readonly ChangeSetState[]

export const changeTones: Readonly<Record<ChangeSetState, Tone>> = {
  proposed: { tone: 'wait', sign: '…' },
  approved: { tone: 'normal', sign: '✓' },
  rejected: { tone: 'none', sign: '✕' },
}
