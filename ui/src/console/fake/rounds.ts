// Rounds, visits, records, findings and the overview of the fake: every number is counted from the lists.
import picture from '@icons/source.svg'

import { type ConsoleApi, type ConsoleRecord, type Coverage, type Exclusion, type NewRoundRequest, type Overview, type RecordVerdict, type RoundItem, type RoundPreview, type VisitItem } from '../api'
import { ConsoleError } from '../error'
import { includes, type Pager } from '.'
import { copy, demoBlobs, demoRecord, demoSealedBetween, demoSteps, discrepancyItems, findingItems, inspector, openedAt, recordItems, round, visitItems } from './story'
import { fakeRun } from './proof'

type Part = Pick<
  ConsoleApi,
  'overview' | 'verification' | 'verifyAgain' | 'rounds' | 'round' | 'visits' | 'previewRound' | 'openRound' | 'assign' | 'records' | 'record' | 'photoUrl' | 'photo' | 'envelopeUrl' | 'findings' | 'discrepancies'
>

const formula = { zh: '巡检完成率 =（正常 + 异常 + 经复核认可的不适用）÷ 应检项', en: 'completion = (normal + abnormal + not applicable as accepted) ÷ lines due' }
const missing = (what: string): ConsoleError => new ConsoleError(404, '404.3', '没有这一项。', what)

export function createFakeRounds(page: Pager, broken?: { readonly record: string; readonly step: string }): Part {
  const visits = copy<VisitItem[]>(visitItems)
  const exclusions: Exclusion[] = [{ subject: { kind: 'rack', id: 'rack-left-out' }, reason: '整柜下架，等待搬迁' }]
  const items: RoundItem[] = []
  let run = fakeRun()

  const item = (): RoundItem => ({
    round,
    visits: visits.length,
    lines: visits.reduce((sum, visit) => sum + visit.lines, 0),
    received: recordItems.length,
    with_receipt: recordItems.filter((one) => one.delivered_at !== null).length,
    ledger_version: 2,
    is_due: true,
    is_overdue: false,
    opened_at: openedAt,
    plan_sha256: demoRecord.plan,
    leaf: 12,
    closed_at: null,
  })
  const all = (): RoundItem[] => [...items, item()]
  const coverage = (): Coverage => {
    const due = item().lines
    const answered = recordItems.reduce((sum, one) => sum + one.lines, 0)
    const abnormal = recordItems.reduce((sum, one) => sum + one.abnormal, 0)
    return { due, normal: answered - abnormal - 2, abnormal, not_applicable: 1, not_checked: 1, missed: due - answered, percent: (((answered - 2) / due) * 100).toFixed(1), formula }
  }
  const rooms = (): Overview['rooms'] =>
    visits
      .filter((visit) => visit.kind === 'room')
      .map((room) => ({
        visit: room.visit,
        room: room.title,
        name: room.title,
        state: room.state,
        record: room.record,
        findings: 0,
        racks: [
          ...visits
            .filter((visit) => visit.kind === 'rack' && visit.room === room.title)
            .map((visit) => {
              const record = recordItems.find((one) => one.id === visit.record)
              return { visit: visit.visit, rack: visit.title.split(' · ')[1] ?? '', name: visit.title.split(' · ')[1] ?? '', state: visit.state, record: visit.record, findings: record?.findings ?? 0, discrepancies: record?.discrepancies ?? 0, unverified: record?.unverified ?? 0 }
            }),
          ...(room.title.includes('二区') ? [{ visit: '', rack: 'rack-left-out', name: 'B09', state: 'excluded' as const, record: null, findings: 0, discrepancies: 0, unverified: 0 }] : []),
        ],
      }))
  const differing = discrepancyItems.filter((one) => !one.reconciliation.verdicts.includes('unverified'))

  return {
    overview: async (asked) => ({
      round: all().find((one) => one.round.id === asked) ?? item(),
      rounds: all(),
      coverage: coverage(),
      visits_planned: visits.length,
      visits_received: recordItems.length,
      visits_with_receipt: item().with_receipt,
      visits_overdue: visits.filter((visit) => visit.state === 'overdue').length,
      findings_open: findingItems.length,
      findings_by_severity: (['degraded', 'major', 'minor'] as const).map((severity) => ({ severity, count: findingItems.filter((one) => one.finding.severity === severity).length })),
      discrepancies: differing.length,
      unverified: discrepancyItems.length - differing.length,
      set_aside: 1,
      keys_pending: 1,
      verification: run,
      rooms: rooms(),
      others: visits.filter((visit) => ['cluster', 'system'].includes(visit.kind)).map((visit) => ({ visit: visit.visit, title: visit.title, kind: visit.kind, state: visit.state, record: visit.record, findings: recordItems.find((one) => one.id === visit.record)?.findings ?? 0 })),
    }),
    verification: async () => run,
    verifyAgain: async () => (run = { ...run, at: Date.now() }),

    rounds: async () => all(),
    async round(id) {
      const found = all().find((one) => one.round.id === id)
      if (!found) throw missing(id)
      const kinds = ['room', 'rack', 'cluster', 'system']
      const by_kind = kinds.map((kind) => ({ kind, visits: visits.filter((visit) => visit.kind === kind).length, received: recordItems.filter((one) => one.kind === kind).length }))
      return { item: found, coverage: coverage(), exclusions, by_kind }
    },
    visits: async (_, query, after) =>
      page(
        visits.filter(
          (visit) =>
            (!query.state || visit.state === query.state) &&
            (!query.kind || visit.kind === query.kind) &&
            (!query.assignee || (visit.assignee ?? 'none') === query.assignee) &&
            includes(query, visit.title, visit.room_name, visit.assignee_name),
        ),
        after,
      ),
    previewRound: async (request: NewRoundRequest): Promise<RoundPreview> => ({
      visits: visits.length - request.exclusions.length,
      lines: item().lines - request.exclusions.length * 30,
      by_kind: [
        { kind: 'room', visits: 2, lines: 30 },
        { kind: 'rack', visits: 10 - request.exclusions.length, lines: 297 },
        { kind: 'cluster', visits: 2, lines: 6 },
        { kind: 'system', visits: 6, lines: 16 },
      ],
      ledger_version: 2,
      exclusions: request.exclusions,
      assignments: request.copy_from === null ? 0 : 9,
      problems: request.title === round.title ? [{ zh: '已有同名轮次，请换一个名称。', en: 'There is a round of this title; choose another.' }] : [],
    }),
    async openRound(request) {
      const opened = { ...item(), round: { ...round, id: `round-${items.length + 2}`, title: request.title, due_from: request.due_from, due_by: request.due_by }, received: 0, with_receipt: 0, is_due: false, opened_at: Date.now() }
      items.unshift(opened)
      return opened
    },
    async assign(_, ids, person) {
      for (const visit of visits) {
        if (!ids.includes(visit.visit)) continue
        visit.assignee = person
        visit.assignee_name = person === null ? '' : inspector.name
      }
    },

    records: async (query, after) =>
      page(
        recordItems.filter(
          (one) =>
            (!query.round || one.round === query.round) &&
            (!query.kind || one.kind === query.kind) &&
            (!query.inspector || one.inspector === query.inspector) &&
            (!query.state || (query.state === 'verified' && one.delivered_at !== null) || (query.state === 'waiting' && one.delivered_at === null) || (query.state === 'abnormal' && one.abnormal > 0) || (query.state === 'unreviewed' && one.review === 'waiting' && one.delivered_at !== null) || query.state === one.review) &&
            includes(query, one.title, one.inspector_name, one.terminal_name, one.id),
        ),
        after,
      ),
    async record(id): Promise<ConsoleRecord> {
      const found = recordItems.find((one) => one.id === id)
      if (!found) throw missing(id)
      const isBroken = broken?.record === id
      const isWaiting = found.delivered_at === null
      const steps = copy<ConsoleRecord['steps']>(demoSteps).map((step) => {
        if (isBroken && step.step === broken.step) return { ...step, passed: false, reason: 'sha256 mismatch' }
        return isWaiting && ['delivered', 'receipt'].includes(step.step) ? { ...step, passed: null } : step
      })
      const verdict: RecordVerdict = isBroken ? 'failed' : isWaiting ? 'waiting' : 'verified'
      const at = recordItems.indexOf(found)
      return {
        item: found,
        verdict,
        steps,
        failed_step: isBroken ? broken.step : null,
        checked_at: Date.now(),
        envelope_sha256: 'bf83dee6f579141fa897426a9ff42075611915f539f40bec9a94dacdb3df7e50',
        leaf: 13 + at,
        previous: recordItems[at - 1]?.id ?? null,
        following: recordItems[at + 1]?.id ?? null,
        sealed_between: { ...demoSealedBetween, latest: isWaiting ? null : demoSealedBetween.latest },
        record: demoRecord,
        template: null,
        subjects: [{ subject: demoRecord.visit.subject, name: demoRecord.visit.title, position: '' }],
        blobs: demoBlobs.map((blob, index) => ({ sha256: blob.sha256, bytes: blob.bytes, media_type: 'image/jpeg', capture: index === 0 ? 'camera' : 'file', stored: true, intact: true, width: 1600, height: 1066, caption: '' })),
        beside: at === 0 ? 1 : 0,
        countersignatures: found.review === 'waiting' ? [] : [{ sha256: 'c0'.repeat(32), reviewer: '王䶮', party: '云山管理方', party_kind: 'manager', verdict: found.review === 'returned' ? 'returned' : 'accepted', lines: found.review === 'returned' ? { '1': '指示灯看不清' } : {}, comment: '已核对', at: found.received_at + 3_600_000, received_at: found.received_at + 3_700_000, leaf: 40 + at, failure: '' }],
      }
    },
    photoUrl: () => picture,
    photo: async () => (await fetch(picture)).blob(),
    envelopeUrl: () => picture,

    findings: async (query, after) =>
      page(
        findingItems.filter(
          (one) =>
            (!query.round || one.round === query.round) &&
            (!query.severity || one.finding.severity === query.severity) &&
            (!query.state || query.state === 'open') &&
            includes(query, one.finding.description, one.subject_name, one.room_name, one.finding.responsible_unit, one.record_title),
        ),
        after,
      ),
    discrepancies: async (query, after) =>
      page(
        discrepancyItems.filter(
          (one) =>
            (!query.round || one.round === query.round) &&
            (query.verdict ? one.reconciliation.verdicts.some((verdict) => verdict === query.verdict) : !one.reconciliation.verdicts.includes('unverified')) &&
            includes(query, one.asset_name, one.rack_name),
        ),
        after,
      ),
  }
}
