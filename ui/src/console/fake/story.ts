// The demo inspection as the console's lists see it: six records of twenty visits, with findings and differences spread over
// them by hand so that every state of a page can be seen.
import record from '@/backend/fake/record.json'
import records from '@/backend/fake/records.json'
import today from '@/backend/fake/today.json'
import rack from '@/backend/fake/visit-rack.json'

import type { DiscrepancyItem, FindingItem, InspectionRecord, RecordItem, Round, Verdict, VisitItem } from '../api'

export const copy = <T>(value: unknown): T => JSON.parse(JSON.stringify(value)) as T
export const round = copy<Round>(today.rounds[0]?.round)
export const demoRecord = copy<InspectionRecord>(record.record)
export const demoSteps = record.steps
export const demoBlobs = record.blobs
export const demoSealedBetween = record.sealed_between

const first = records.records[0]
export const inspector = { id: 'person-rong', name: first?.person ?? '' }
const terminal = { id: 'terminal-a', name: '平板A' }
const sealedAt = first?.sealed_at ?? 0
const visitsOf = copy<{ id: string; kind: string; title: string; lines: number; record: string | null }[]>(today.rounds[0]?.visits)

/** What each record found: abnormal lines, assets that differ, assets nobody looked at. */
const results = [
  { abnormal: 0, differ: 0, unverified: 0 },
  { abnormal: 1, differ: 2, unverified: 1 },
  { abnormal: 0, differ: 1, unverified: 3 },
  { abnormal: 0, differ: 0, unverified: 0 },
  { abnormal: 2, differ: 0, unverified: 0 },
  { abnormal: 0, differ: 0, unverified: 0 },
] as const

export const recordItems: readonly RecordItem[] = records.records.map((one, index): RecordItem => {
  const result = results[index] ?? { abnormal: 0, differ: 0, unverified: 0 }
  const isLast = index === records.records.length - 1
  return {
    id: one.id,
    title: one.title,
    kind: one.kind,
    visit: one.visit,
    round: round.id,
    round_title: round.title,
    inspector: inspector.id,
    inspector_name: inspector.name,
    terminal: terminal.id,
    terminal_name: terminal.name,
    sequence: one.sequence,
    sealed_at: one.sealed_at,
    received_at: one.sealed_at + 60_000,
    delivered_at: isLast ? null : one.sealed_at + 65_000,
    lines: visitsOf.find((visit) => visit.id === one.visit)?.lines ?? 0,
    abnormal: result.abnormal,
    bulk: index === 2 ? 20 : 0,
    findings: result.abnormal,
    discrepancies: result.differ,
    unverified: result.unverified,
    photos: one.blobs,
    photos_stored: one.blobs_sent,
    jumps: index === 2 ? 1 : 0,
    review: isLast ? 'waiting' : index === 0 ? 'accepted' : index === 1 ? 'returned' : 'waiting',
  }
})

const roomOf = (title: string): string => title.split(' · ')[0] ?? title
const rackOf = (title: string): string => title.split(' · ')[1] ?? ''

export const visitItems: readonly VisitItem[] = visitsOf.map((visit, index): VisitItem => {
  const item = recordItems.find((one) => one.visit === visit.id)
  const state = !item ? (index > 16 ? 'overdue' : 'not_started') : item.abnormal > 0 ? 'abnormal' : item.delivered_at === null ? 'received' : 'verified'
  return {
    visit: visit.id,
    title: visit.title,
    kind: visit.kind,
    room: visit.kind === 'cluster' ? null : roomOf(visit.title),
    room_name: visit.kind === 'cluster' ? '' : roomOf(visit.title),
    lines: visit.lines,
    state,
    assignee: index < 9 ? inspector.id : null,
    assignee_name: index < 9 ? inspector.name : '',
    record: item?.id ?? null,
    received_at: item?.received_at ?? null,
  }
})

const severities = ['major', 'minor', 'degraded'] as const
const troubles = ['前门未上锁，钥匙留在锁上', '控制器告警灯亮黄灯', '存储池使用率超过限值，管理口告警未清除']

export const findingItems: readonly FindingItem[] = recordItems
  .flatMap((item) => Array.from({ length: item.abnormal }, (_, index) => ({ item, index })))
  .map(({ item }, index): FindingItem => ({
    finding: {
      id: `finding-${index + 1}`,
      line: 1,
      subject: { kind: 'rack', id: item.visit },
      severity: severities[index % 3] ?? 'minor',
      category: '',
      description: troubles[index % 3] ?? '',
      responsible_unit: '云山市政务服务和数据管理局',
      due_on: index === 2 ? null : '2026-12-15',
      found: { wall_ms: item.sealed_at, monotonic_ms: 0, boot_id: 'demo' },
      photos: [],
      no_photo: null,
      fixed_on_site: '',
      after_photos: [],
      desk_call: null,
      follows: null,
    },
    record: item.id,
    record_title: item.title,
    round: round.id,
    subject_name: rackOf(item.title) || item.title,
    room_name: roomOf(item.title),
    rack_name: rackOf(item.title),
    criterion: 'A.2-03a',
    inspector_name: inspector.name,
    found_at: item.sealed_at,
    is_overdue: false,
  }))

const assets = [...new Map(rack.lines.flatMap((line) => (line.subject.ledger ? [[line.subject.id, line.subject] as const] : []))).values()]
const differing: readonly Verdict[] = ['wrong_unit', 'wrong_serial', 'missing']

const difference = (item: RecordItem, verdict: Verdict, index: number): DiscrepancyItem => {
  const asset = assets[index % assets.length]
  return {
    reconciliation: {
      asset: `${asset?.id ?? ''}-${item.sequence}-${verdict}`,
      verdicts: [verdict],
      sighting:
        verdict === 'unverified' || verdict === 'missing'
          ? null
          : { asset: asset?.id ?? null, by: 'hand', rack: '', span: { low: 12, high: 13 }, face: null, brand: null, model: null, serial: 'SN-现场', quantity: 1, owning_unit: null, order_no: null, as_in_ledger: false, note: '' },
    } as unknown as DiscrepancyItem['reconciliation'],
    record: item.id,
    record_title: item.title,
    round: round.id,
    asset_name: asset?.name ?? '',
    room_name: roomOf(item.title),
    rack_name: rackOf(item.title),
    inspector_name: inspector.name,
    sealed_at: item.sealed_at,
    differences: verdict === 'wrong_unit' ? [{ field: 'units', ledger: '3-4', seen: '12-13', ordered: null }] : [],
    whereabouts: verdict === 'missing' ? 'missing' : verdict === 'unverified' ? 'unverified' : 'at_home',
    others: [],
  }
}

export const discrepancyItems: readonly DiscrepancyItem[] = recordItems.flatMap((item) => [
  ...Array.from({ length: item.discrepancies }, (_, index) => difference(item, differing[index % 3] ?? 'missing', index)),
  ...Array.from({ length: item.unverified }, (_, index) => difference(item, 'unverified', index + 3)),
])

/** The ledger's assets: those of the demo rack, and enough like them to fill several pages. */
export const demoAssets = assets.map((subject) => subject.ledger).filter((entry) => entry !== null)
export const openedAt = sealedAt - 86_400_000
