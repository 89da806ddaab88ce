// What the fake has to review: the delivered records of the demo, signed by somebody else. It judges nothing: every check of it
// passes unless a test spoils one; signing only moves the states that the pages show.
import type { CountersignatureView, LineResult, NewReturn, Record as InspectionRecord, RecordDetail, RecordRow, Reviewed, ReviewItem, ReviewQueue, ReviewRecord, ReviewStep, Risk } from '@/gen'

import { BackendError } from '../error'
import record from './record.json'
import records from './records.json'

const copy = <T>(value: unknown): T => JSON.parse(JSON.stringify(value)) as T
const text = (zh: string, en: string) => ({ zh, en })
const steps: readonly ReviewStep[] = ['bytes', 'consistency', 'inspector_key', 'inspector_signature', 'terminal_key', 'terminal_signature', 'delivered', 'receipt', 'revocation', 'log_consistency', 'chain', 'cosigners', 'photos', 'countersignatures']
const risksOf: readonly (readonly Risk[])[] = [
  [
    { kind: 'urgent_findings', amount: 1, weight: 40 },
    { kind: 'too_fast', amount: 1600, weight: 25 },
    { kind: 'bulk', amount: 70, weight: 14 },
  ],
  [{ kind: 'discrepancies', amount: 2, weight: 12 }],
  [],
]

export interface FakeReviews {
  queue(): ReviewQueue
  view(id: string): ReviewRecord
  fetch(id: string): number
  accept(ids: readonly string[], comment: string): Reviewed[]
  giveBack(id: string, reasons: NewReturn): string
  said(id: string): CountersignatureView[]
}

/** `spoiled`: the check of the first record fails at this step. */
export function reviewsOf(spoiled?: ReviewStep): FakeReviews {
  const demo = copy<RecordDetail>(record)
  const rows = copy<RecordRow[]>(records.records).slice(0, 3)
  const said = new Map<string, CountersignatureView[]>()
  const missing = new Map(rows.map((row) => [row.id, 2]))

  const say = (id: string, verdict: 'accepted' | 'returned', comment: string, lines: Record<string, string>): string => {
    const sha256 = `c${(said.get(id)?.length ?? 0) + 1}`.repeat(32)
    const one: CountersignatureView = { sha256, reviewer_name: '王䶮', party_name: '云山管理方', party_kind: 'manager', verdict, lines, comment, at: Date.now(), state: 'queued', failure: null }
    said.set(id, [...(said.get(id) ?? []), one])
    return sha256
  }
  const item = (row: RecordRow, at: number): ReviewItem => {
    const risks = [...(risksOf[at] ?? [])]
    const last = said.get(row.id)?.at(-1)
    const weight = risks.reduce((sum, risk) => sum + risk.weight, 0)
    const failure = spoiled && at === 0 ? '记录与声明均在存证日志中' : ''
    const summary = { record: row.id, visit: row.visit, revision: 1, title: row.title, kind: row.kind, round: 'round', round_title: demo.record.round.title, inspector: demo.record.inspector.id, inspector_name: demo.record.inspector.name, sealed_at: row.sealed_at, delivered_at: row.sealed_at + 120_000, lines: 14, abnormal: at === 0 ? 1 : 0, unanswered: 0, findings: at === 0 ? 1 : 0, discrepancies: at === 1 ? 2 : 0, unverified: 0, bulk: at === 0 ? 10 : 0, photos: [], risks, weight, failure }
    return { summary, state: last?.verdict ?? 'waiting', waits: last !== undefined, problem: null, photos_missing: missing.get(row.id) ?? 0, barred: null } as ReviewItem
  }
  const found = (id: string): [RecordRow, number] => {
    const at = rows.findIndex((row) => row.id === id)
    const row = rows[at]
    if (!row) throw new BackendError('not_found', text(`没有记录 ${id}`, `No record ${id}`))
    return [row, at]
  }
  /** The round before: the first line was abnormal then. */
  const before = (now: InspectionRecord): InspectionRecord => {
    const earlier = copy<InspectionRecord>(now)
    Object.assign(earlier.lines[0] as LineResult, { outcome: 'abnormal', note: '上轮：门禁读卡器失灵' })
    return earlier
  }

  return {
    queue: () => {
      const items = rows.map(item)
      return { items, waiting: items.filter((one) => one.state === 'waiting').length, queued: [...said.values()].flat().length }
    },
    view(id) {
      const [row, at] = found(id)
      const now = copy<InspectionRecord>(demo.record)
      const earlier = before(now)
      const isSpoiled = spoiled !== undefined && at === 0
      const photos = now.evidence.map((one) => one.sha256).slice(0, missing.get(id) ?? 0)
      const change = { criterion: now.lines[0]?.criterion, subject: now.lines[0]?.subject, aspects: ['outcome', 'note'], before: earlier.lines[0], after: now.lines[0] }
      return {
        item: { ...item(row, at), photos_missing: photos.length },
        verified: !isSpoiled,
        steps: steps.map((step) => {
          const open = step === 'cosigners' || (step === 'photos' && photos.length > 0) || (step === 'countersignatures' && !said.get(id))
          const passed = isSpoiled && step === spoiled ? false : open ? null : true
          return { step, passed, text: text(`步骤 ${step}`, `step ${step}`), reason: passed === false ? text('树根不符', 'another root') : text('', '') }
        }),
        cosigners: [],
        sealed_between: copy(demo.sealed_between),
        pulled_at: row.sealed_at + 300_000,
        envelope_sha256: demo.envelope_sha256,
        leaf: 20 + at,
        record: now,
        template: null,
        missing_photos: photos,
        countersignatures: copy(said.get(id) ?? []),
        amends: null,
        last_round: { id: 'e0'.repeat(32), record: earlier, difference: { same_lines: now.lines.length - 1, lines: [change], assets: [], not_in_ledger: [0, 0], new_findings: [], gone_findings: [], abnormal: [1, 0] } },
        amended_by: null,
      } as ReviewRecord
    },
    fetch(id) {
      found(id)
      const count = missing.get(id) ?? 0
      missing.set(id, 0)
      return count
    },
    accept: (ids, comment) =>
      ids.map((id): Reviewed => {
        const [row] = found(id)
        return { record: id, title: row.title, countersignature: say(id, 'accepted', comment, {}), error: null }
      }),
    giveBack: (id, reasons) => say(found(id)[0].id, 'returned', reasons.comment, Object.fromEntries(Object.entries(reasons.lines).map(([no, reason]) => [no, reason ?? '']))),
    said: (id) => copy(said.get(id) ?? []),
  }
}
