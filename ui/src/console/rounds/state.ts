// How a round stands, as sign and colour.
import type { RoundItem } from '../api'
import type { Tone } from '../parts/tones'

export function roundState(item: RoundItem): Tone & { readonly name: 'closed' | 'done' | 'overdue' | 'running' | 'planned' } {
  if (item.closed_at !== null) return { name: 'closed', tone: 'normal', sign: '✓' }
  if (item.with_receipt >= item.visits && item.visits > 0) return { name: 'done', tone: 'normal', sign: '✓' }
  if (item.is_overdue) return { name: 'overdue', tone: 'wait', sign: '!' }
  if (item.is_due) return { name: 'running', tone: 'work', sign: '→' }
  return { name: 'planned', tone: 'none', sign: '·' }
}
