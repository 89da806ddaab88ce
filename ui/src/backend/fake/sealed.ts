// The sealed records of the fake: the delivered ones of the demo inspection, and two that still wait, so that the outbox has
// something of every kind to show. Synchronising delivers them.
import type { OutboxItem, RecordDetail, RecordRow, StepReport, VisitView } from '@/gen'

import record from './record.json'
import records from './records.json'

const copy = <T>(value: unknown): T => JSON.parse(JSON.stringify(value)) as T

/** Steps that only the service's word and the log can settle. */
const later = new Set(['delivered', 'receipt'])

export function sealedRecords() {
  const rows = copy<RecordRow[]>(records.records)
  const last = rows[rows.length - 1] as RecordRow
  const demo = copy<RecordDetail>(record)
  const waiting: Partial<RecordRow>[] = [
    { id: 'a1'.repeat(32), state: 'partly_sent', title: '云山市政务云机房（一区） · A03', attempts: 2, blobs: 3, blobs_sent: 1, blob_bytes_left: 6_000_000 },
    { id: 'b2'.repeat(32), state: 'queued', title: '云山市政务云机房（一区） · A04', attempts: 1, blobs: 1, blobs_sent: 0, blob_bytes_left: 3_000_000, last_error: '连接中断' },
  ]
  waiting.forEach((row, index) => rows.push({ ...last, kind: 'rack', visit: `waiting-${index}`, sequence: rows.length + 1, ...row } as RecordRow))

  const blobsOf = (row: RecordRow): OutboxItem['blobs'] =>
    Array.from({ length: row.blobs }, (_, index) => ({ sha256: row.id.slice(index, 62) + '0'.repeat(2 + index), bytes: 3_000_000, media_type: 'image/jpeg', caption: '', sent: index < row.blobs_sent }))

  return {
    rows,
    items: (): OutboxItem[] => rows.map((row) => ({ record: copy<RecordRow>(row), blobs: blobsOf(row), last_attempt_at: row.attempts > 0 ? row.sealed_at + 60_000 : null, delivered_at: row.state === 'delivered' ? row.sealed_at + 120_000 : null })),
    deliver(): void {
      for (const row of rows) Object.assign(row, { state: 'delivered', blobs_sent: row.blobs, blob_bytes_left: 0, last_error: '' })
    },
    /** A record just signed: it waits, and so do its photos. */
    add(id: string, visit: VisitView): RecordRow {
      const row = { ...last, id, visit: visit.id, title: visit.title, kind: visit.kind, sequence: rows.length + 1, sealed_at: Date.now(), state: 'sealed', attempts: 0, blobs: visit.evidence.length, blobs_sent: 0, blob_bytes_left: visit.evidence.length * 3_000_000 } as RecordRow
      rows.push(row)
      return row
    },
    /** The demo's record under the row's name; what waits for the service is neither right nor wrong yet. */
    detail(id: string): RecordDetail | null {
      const row = rows.find((one) => one.id === id)
      if (!row) return null
      const detail = { ...copy<RecordDetail>(demo), summary: copy<RecordRow>(row) }
      detail.record.terminal.sequence = row.sequence
      detail.record.terminal.previous = rows.find((one) => one.sequence === row.sequence - 1)?.id ?? null
      if (row.state === 'delivered') return detail
      const steps = detail.steps.map((step): StepReport => (later.has(step.step) ? { ...step, passed: null } : step))
      return { ...detail, steps, receipt_at: null, sealed_between: { ...detail.sealed_between, latest: null }, blobs: detail.blobs.map((blob) => ({ ...blob, sent: false })) }
    },
  }
}
