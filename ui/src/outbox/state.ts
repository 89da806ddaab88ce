// How far a record and its photos have come, in the words of the outbox. Green is for a verified receipt alone.
import type { OutboxItem, RecordRow, RecordState, SyncFault, SyncReport } from '@/gen'

export type Journey = 'stored' | 'queued' | 'sending' | 'partly_sent' | 'delivered' | 'failed' | 'set_aside'

export const signs: Record<Journey, string> = { stored: '▣', queued: '↑', sending: '⟳', partly_sent: '◐', delivered: '✓', failed: '▲', set_aside: '■' }
export const tones: Record<Journey, string> = { stored: 'wait', queued: 'wait', sending: 'work', partly_sent: 'work', delivered: 'normal', failed: 'abnormal', set_aside: 'abnormal' }

const plain: Record<RecordState, Journey> = { sealed: 'stored', queued: 'queued', partly_sent: 'partly_sent', delivered: 'delivered' }

/** The state of a record; a run under way and the faults of the last one say more than the row alone. */
export function journeyOf(row: RecordRow, isRunning: boolean, faults: readonly SyncFault[]): Journey {
  if (row.state === 'delivered') return 'delivered'
  if (row.quarantined) return 'set_aside'
  if (isRunning) return 'sending'
  if (faults.length > 0 || row.last_error !== '') return 'failed'
  return plain[row.state]
}

/** The state of a photo. The service having it is not a receipt: the receipt speaks of the record with all its photos. */
export function photoJourney(sent: boolean, record: Journey): Journey {
  if (record === 'delivered') return 'delivered'
  if (sent) return 'partly_sent'
  return record === 'partly_sent' ? 'queued' : record
}

export function faultsOf(item: OutboxItem, report: SyncReport | null): SyncFault[] {
  const photos = new Set(item.blobs.map((blob) => blob.sha256))
  return (report?.errors ?? []).filter((fault) => fault.record === item.record.id || (fault.record === null && fault.blob !== null && photos.has(fault.blob)))
}

/** What went wrong that belongs to no record shown: the network, the log, the service itself. */
export function generalFaults(items: readonly OutboxItem[], report: SyncReport | null): SyncFault[] {
  const claimed = new Set(items.flatMap((item) => faultsOf(item, report)))
  return (report?.errors ?? []).filter((fault) => !claimed.has(fault))
}
