// What becomes of the demo inspection's problems: one of each state, a late one, one with evidence, and what nobody has opened.
import type { ConsoleApi, EvidenceItem, Opening, RecordBlob, RectificationAct, RectificationDetail, RectificationStanding, StepItem, UnopenedItem } from '../api'
import { ConsoleError } from '../error'
import { includes, type Pager } from '.'
import { demoBlobs, discrepancyItems, findingItems, inspector, openedAt, round } from './story'

type Part = Pick<ConsoleApi, 'rectifications' | 'unopened' | 'rectification' | 'exportRectifications'>

const hour = 3_600_000
const day = 24 * hour
const hash = (seed: string): string => seed.repeat(64).slice(0, 64)
const sun = { person: 'person-sun', name: '孙䶮' }
const wang = { person: 'person-wang', name: '王䶮' }

const photo = (caption: string): RecordBlob => ({ sha256: demoBlobs[0]?.sha256 ?? hash('0'), bytes: demoBlobs[0]?.bytes ?? 0, media_type: 'image/jpeg', capture: 'camera', stored: true, intact: true, width: 1600, height: 1066, caption })

function openingOf(index: number, due_on: string | null): Opening {
  const item = findingItems[index % findingItems.length]
  if (!item) throw new Error('the demo inspection has findings')
  return {
    source: { type: 'finding', finding: `${item.finding.id}-${index}` },
    record: item.record,
    round: round.id,
    criterion: item.criterion,
    subject: item.finding.subject,
    subject_name: item.subject_name,
    place: [item.room_name, item.rack_name].join(' · '),
    severity: due_on === null ? 'outage' : 'major',
    description: item.finding.description,
    verdicts: [],
    owning_unit: item.finding.responsible_unit,
    due_on,
    found_at: item.found_at,
    found_by: inspector.id,
    called_at: null,
    before_photos: [photo('').sha256],
  }
}

/** A rectification told step by step, as the service folds it. */
function tell(index: number, id: string, opening: Opening, acts: readonly (readonly [act: RectificationAct, by: typeof sun | null])[], evidence: EvidenceItem[] = []): RectificationDetail {
  const all: readonly (readonly [RectificationAct, typeof sun | null])[] = [[{ type: 'opened', opening }, null], ...acts]
  const steps = all.map(([step, by], at): StepItem => ({
    envelope: hash(`${index}${at}e`),
    leaf: 60 + index * 10 + at,
    title: titles[step.type],
    said: {
      site: 'ys-demo',
      round: round.id,
      rectification: id,
      previous: at === 0 ? null : hash(`${index}${at - 1}e`),
      step,
      by: by ? { type: 'person', person: by.person } : { type: 'service', actor: 'xunjian' },
      at: opening.found_at + at * hour,
    },
    by: by?.name ?? 'xunjian',
    received_at: opening.found_at + at * hour,
  }))
  const kinds = acts.map(([act]) => act)
  const at = (type: RectificationAct['type']): number | null => steps.findLast((step) => step.said.step.type === type)?.received_at ?? null
  const assigned = kinds.find((act) => act.type === 'assigned')
  const accepted = kinds.find((act) => act.type === 'accepted')
  const last = kinds.findLast((act) => ['submitted', 'accepted', 'rejected'].includes(act.type))
  const state = last?.type === 'submitted' || last?.type === 'accepted' || last?.type === 'rejected' ? last.type : 'open'
  const isRunning = state === 'open' || state === 'rejected'
  const end = opening.due_on === null ? opening.found_at + 30 * 60_000 : Date.parse(`${opening.due_on}T24:00:00+08:00`)
  const standing: RectificationStanding = {
    id,
    opening,
    opened_at: opening.found_at,
    state,
    assigned_to: assigned?.type === 'assigned' ? [assigned.to, assigned.name] : null,
    responded_at: at('assigned'),
    fed_back_at: steps.filter((step) => step.said.step.type === 'fed_back').map((step) => step.received_at),
    acknowledged_at: at('acknowledged'),
    submitted: at('submitted') === null ? null : [sun.person, at('submitted') ?? 0],
    accepted: accepted?.type === 'accepted' ? [wang.person, at('accepted') ?? 0, accepted.reinspection] : null,
    rejections: kinds.filter((act) => act.type === 'rejected').length,
    reminders: [],
    involved: [inspector.id],
    deadlines: isRunning ? [{ due: opening.due_on === null ? 'feedback' : 'rectification', from: opening.found_at, at: end }] : [],
    is_overdue: isRunning && end <= Date.now(),
  }
  return { standing, round_title: round.title, record_title: `${opening.place}`, found_by: inspector.name, steps, before: [photo('整改前')], evidence }
}

const titles: Readonly<Record<RectificationAct['type'], StepItem['title']>> = {
  opened: { zh: '立项', en: 'opened' },
  assigned: { zh: '分派', en: 'assigned' },
  reminded: { zh: '催办', en: 'reminded' },
  fed_back: { zh: '反馈使用方', en: 'fed back' },
  acknowledged: { zh: '使用方确认', en: 'acknowledged' },
  submitted: { zh: '提交整改', en: 'submitted' },
  accepted: { zh: '复核通过', en: 'accepted' },
  rejected: { zh: '复核退回', en: 'rejected' },
}

const assigned: RectificationAct = { type: 'assigned', to: sun.person, name: sun.name, note: '周三前' }
const fedBack: RectificationAct = { type: 'fed_back', to: '云山市政务服务和数据管理局', channel: '电话', text: '已安排更换锁扣' }
const acknowledged: RectificationAct = { type: 'acknowledged', who: '赵科长', channel: '电话', text: '' }
const submitted: RectificationAct = { type: 'submitted', done: '已更换锁扣' }
const later = hash('f')
const lookedAt = (is_named: boolean): EvidenceItem => ({ reinspection: { type: 'follow_up', record: later }, title: '云山二区机房 · B01', by: inspector.name, at: openedAt + 9 * day, after: [photo('整改后')], no_photo: '', is_named })

export const fakeRectifications = (): readonly RectificationDetail[] => [
  tell(1, hash('1a'), openingOf(0, '2026-01-05'), [[{ type: 'reminded', reminder: { deadline: { due: 'rectification', from: openedAt, at: Date.parse('2026-01-05T24:00:00+08:00') }, urgency: 'overdue' } }, null]]),
  tell(2, hash('2b'), openingOf(1, '2099-12-31'), [[assigned, null], [fedBack, null], [submitted, sun], [{ type: 'rejected', reason: '没有整改后照片' }, wang]]),
  tell(3, hash('3c'), openingOf(2, null), [[assigned, null], [fedBack, null], [submitted, sun]], [lookedAt(false)]),
  tell(4, hash('4d'), openingOf(1, '2099-12-31'), [[assigned, null], [fedBack, null], [acknowledged, null], [submitted, sun], [{ type: 'accepted', reinspection: { type: 'follow_up', record: later }, comment: '照片与现场相符' }, wang]], [lookedAt(true)]),
  tell(5, hash('5e'), openingOf(0, '2099-12-31'), [[assigned, null], [submitted, sun]]),
]

export function createFakeRectifications(page: Pager): Part {
  const all = fakeRectifications()
  const candidates: UnopenedItem[] = discrepancyItems
    .filter((one) => !one.reconciliation.verdicts.includes('unverified'))
    .map((one, index) => ({
      id: hash(`c${index}`),
      opening: { ...openingOf(index, '2099-12-31'), record: one.record, source: { type: 'discrepancy', visit: one.record, asset: one.reconciliation.asset, place: 0 }, severity: 'minor', description: '型号不符', verdicts: one.reconciliation.verdicts, owning_unit: index === 0 ? '' : '云山市档案馆', due_on: null },
      is_complete: false,
    }))
  const finds = (query: Readonly<Record<string, string>>, opening: Opening): boolean => (!query.round || opening.round === query.round) && includes(query, opening.description, opening.place, opening.subject_name, opening.owning_unit)
  return {
    rectifications: async (query, after) =>
      page(
        all.map((one) => one.standing).filter((one) => (!query.state || one.state === query.state || (query.state === 'overdue' && one.is_overdue)) && (!query.failing || one.is_overdue) && finds(query, one.opening)),
        after,
      ),
    unopened: async (query, after) => page(candidates.filter((one) => finds(query, one.opening)), after),
    async rectification(id) {
      const found = all.find((one) => one.standing.id === id)
      if (!found) throw new ConsoleError(404, '404.3', '没有这一项。', id)
      return found
    },
    exportRectifications: async (_, format) => new Blob([format === 'csv' ? '编号\r\n' : '[]'], { type: 'text/plain' }),
  }
}
