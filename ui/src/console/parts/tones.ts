// Signs and colours of the console's states. Green is for what was verified or holds, never for what merely arrived.
import type { KeyState, RecordVerdict, Severity, TileState } from '../api'

export interface Tone {
  readonly tone: string
  readonly sign: string
}

export const tileTones: Readonly<Record<TileState, Tone>> = {
  not_started: { tone: 'none', sign: '·' },
  received: { tone: 'work', sign: '↓' },
  verified: { tone: 'normal', sign: '✓' },
  abnormal: { tone: 'abnormal', sign: '▲' },
  failed: { tone: 'failed', sign: '✕' },
  overdue: { tone: 'wait', sign: '!' },
  excluded: { tone: 'none', sign: '—' },
}

export const verdictTones: Readonly<Record<RecordVerdict, Tone>> = {
  verified: { tone: 'normal', sign: '✓' },
  waiting: { tone: 'wait', sign: '…' },
  failed: { tone: 'failed', sign: '✕' },
}

export const severityTones: Readonly<Record<Severity, Tone>> = {
  outage: { tone: 'failed', sign: '✕' },
  degraded: { tone: 'abnormal', sign: '▲' },
  major: { tone: 'wait', sign: '!' },
  minor: { tone: 'work', sign: '·' },
}

export const keyTones: Readonly<Record<KeyState, Tone>> = {
  pending: { tone: 'wait', sign: '…' },
  active: { tone: 'normal', sign: '✓' },
  revoked: { tone: 'failed', sign: '✕' },
}

export const tileStates = Object.keys(tileTones) as readonly TileState[]
export const severities = Object.keys(severityTones) as readonly Severity[]

/** Any severity the service may add later still shows. */
export function severityTone(severity: string): Tone {
  return severityTones[severity as Severity] ?? severityTones.minor
}
