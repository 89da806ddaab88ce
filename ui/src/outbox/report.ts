// What a run of synchronisation did, over a line or by a stick, in plain words.
import type { ComposerTranslation } from 'vue-i18n'

import type { SyncReport } from '@/gen'

export function linesOf(report: SyncReport, t: ComposerTranslation, size: (bytes: number) => string): string[] {
  const said: string[] = []
  if (report.cancelled) said.push(t('outbox.result.cancelled'))
  if (report.delivered > 0) said.push(t('outbox.result.delivered', { n: report.delivered }))
  if (report.submitted > 0) said.push(t('outbox.result.submitted', { n: report.submitted }))
  if (report.identical > 0) said.push(t('outbox.result.identical', { n: report.identical }))
  if (report.blobs_sent > 0) said.push(t('outbox.result.photos', { n: report.blobs_sent, size: size(report.blob_bytes_sent) }))
  if (report.photos_held_back) said.push(t('outbox.result.heldBack', { n: report.photos_held_back }))
  if (report.still_pending > 0) said.push(t('outbox.result.pending', { n: report.still_pending }))
  if (report.quarantined > 0) said.push(t('outbox.result.quarantined', { n: report.quarantined }))
  if (report.package?.changed) said.push(t('outbox.result.work', { visits: report.package.visits }))
  if (said.length === 0) said.push(t(report.errors.length > 0 ? 'outbox.result.nothingGone' : 'outbox.result.nothing'))
  return said
}
