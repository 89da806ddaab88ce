// What was due in the demo round and what became of it: every number is counted from the lines, as the service counts the log.
import type { ClosingView, CompletionRate, ConsoleApi, CountedView, IndicatorView, LineItem, LineState, Template } from '../api'
import { numbersOf, percentOf } from '../coverage/numbers'
import { includes, type Pager } from '.'
import { openedAt, recordItems, round, visitItems } from './story'

type Part = Pick<ConsoleApi, 'coverage' | 'lines' | 'indicators' | 'archiveUrl'>

const states: readonly LineState[] = ['normal', 'normal', 'normal', 'abnormal', 'normal', 'not_applicable', 'normal', 'not_checked', 'normal', 'not_applicable_unaccepted']
const criteria = ['A.2-01', 'A.2-03a', 'A.1-01', 'A.1-03a']

/** Lines of visits with a receipt have a result; of the others all are missed. */
const lines: readonly LineItem[] = visitItems.flatMap((visit, at) =>
  Array.from({ length: visit.lines }, (_, index): LineItem => {
    const record = recordItems.find((one) => one.id === visit.record && one.delivered_at !== null)?.id ?? null
    const state = record === null ? 'missed' : (states[(at + index) % states.length] ?? 'normal')
    return {
      visit: visit.visit,
      room: visit.room,
      line: index + 1,
      criterion: criteria[index % criteria.length] ?? '',
      subject: { kind: visit.kind === 'room' ? 'room' : 'rack', id: visit.visit },
      state,
      reason: state === 'not_checked' ? '停电检修' : state.startsWith('not_applicable') ? '本柜没有存储设备' : '',
      record,
      visit_title: visit.title,
      subject_name: visit.title.split(' · ').at(-1) ?? visit.title,
      position: '',
    }
  }),
)

function rateOf(some: readonly LineItem[]): CompletionRate {
  const count = (...wanted: readonly LineState[]): number => some.filter((line) => wanted.includes(line.state)).length
  return { due: some.length, normal: count('normal'), abnormal: count('abnormal'), not_applicable: count('not_applicable', 'not_applicable_unaccepted'), not_applicable_accepted: count('not_applicable'), not_checked: count('not_checked') }
}

const template: Template = {
  id: 'annex-a',
  version: 1,
  title: { zh: '附录A', en: 'Annex A' },
  source: 'DB4401/T 294.3—2024',
  criteria: criteria.map((key) => ({ key, table: key.slice(0, 3), row: 1, category: '', item: '', text: '机柜门锁完好，标签清晰', text_sha256: '', english: 'Rack doors lock and labels are legible', scopes: [], checks: [], evidence: { photo: 'none', on_site: false, accept_import: false } as unknown as Template['criteria'][number]['evidence'], notes: [] })),
  notes: [],
}

const provider = { person: 'person-rong', name: '镕堃', party: '云山云服务有限公司', party_kind: 'provider' }
const reviewer = { person: 'person-wang', name: '王䶮', party: '云山管理方', party_kind: 'manager' }

export function fakeCounted(): CountedView {
  const whole = rateOf(lines)
  const rooms = [...new Set(visitItems.map((visit) => visit.room))]
  return {
    log_size: 27,
    log_root: '5a'.repeat(32),
    totals: {
      round: round.id,
      visits_planned: visitItems.length,
      visits_delivered: recordItems.filter((one) => one.delivered_at !== null).length,
      visits_accepted: 1,
      excluded: 1,
      whole,
      rooms: rooms.map((room) => {
        const visits = visitItems.filter((visit) => visit.room === room)
        return { room, visits_planned: visits.length, visits_delivered: visits.filter((visit) => visit.record !== null).length, rate: rateOf(lines.filter((line) => line.room === room)) }
      }),
      criteria: criteria.map((criterion) => ({ criterion, rate: rateOf(lines.filter((line) => line.criterion === criterion)) })),
    },
    percent: percentOf(whole),
    formula: { zh: '巡检完成率 =（正常 + 异常 + 经复核认可的不适用）÷ 应检', en: 'completion rate = (normal + abnormal + not applicable as accepted by a reviewer) ÷ due' },
    visits: [],
    rooms: rooms.filter((room) => room !== null).map((room) => ({ id: room, name: room })),
    template,
    beside: {
      not_counted: recordItems.filter((one) => one.delivered_at === null).map((one) => ({ record: one.id, title: one.title })),
      gaps: [{ terminal: '01a204bc-b111', kind: 'hole', from: 3, to: 4 }],
      idle: [],
    },
    closing: null,
    timing: 'early',
    signatories: [provider, reviewer],
  }
}

/** The same round once both sides have signed. */
export function fakeClosing(): ClosingView {
  const { totals, log_size, log_root } = fakeCounted()
  return {
    said: { site: 'ys-demo', round: round.id, plan: '9b'.repeat(32), log_size, log_root, totals, totals_sha256: '7c'.repeat(32), lines_sha256: '8d'.repeat(32), timing: 'early', reason: '机房搬迁', drawn_up_at: openedAt + 90_000_000, drawn_up_by: 'xunjian' },
    envelope: '6e'.repeat(32),
    leaf: 27,
    closed_at: openedAt + 93_600_000,
    signed_by: [provider, reviewer],
    failure: '',
  }
}

const indicators: readonly IndicatorView[] = [
  { key: 'response_in_time', clause: '7.3.2 a)', name: { zh: '响应时效', en: 'Response in time' }, formula: { zh: '时限内响应的计时问题数 ÷ 响应时限已到或已响应的计时问题数', en: 'clocked problems responded to in time ÷ clocked problems' }, counted: { part: 0, whole: 1, failing: ['1a'.repeat(32)] }, value: { zh: '0.0%', en: '0.0 %' } },
  { key: 'completion_rate', clause: '7.3.2 a)', name: { zh: '巡检完成率', en: 'Inspection completion rate' }, formula: fakeCounted().formula, counted: { part: numbersOf(fakeCounted().totals.whole).done, whole: fakeCounted().totals.whole.due, failing: [] }, value: { zh: `${fakeCounted().percent ?? ''}%`, en: `${fakeCounted().percent ?? ''} %` } },
  { key: 'satisfied_overall', clause: '7.3.2 c)', name: { zh: '整体满意度', en: 'Overall satisfaction' }, formula: { zh: '本系统不采集所需数据', en: 'the data this needs is not collected here' }, counted: null, value: { zh: '未采集', en: 'not collected' } },
]

export function createFakeCoverage(page: Pager): Part {
  const isIn = (line: LineItem, state: string): boolean => state === '' || line.state === state || (state === 'done' && ['normal', 'abnormal', 'not_applicable'].includes(line.state))
  return {
    coverage: async () => fakeCounted(),
    lines: async (_, query, after) =>
      page(
        lines.filter((line) => isIn(line, query.state ?? '') && (!query.room || (line.room ?? 'none') === query.room) && (!query.criterion || line.criterion === query.criterion) && includes(query, line.visit_title, line.subject_name, line.criterion, line.reason)),
        after,
      ),
    indicators: async () => [...indicators],
    archiveUrl: (id) => `#archive-${id}`,
  }
}
