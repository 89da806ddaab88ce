// Two tablets at one rack: the demo record as it was taken in, and another tablet's of the same visit, kept aside.
import type { BesideRecord, BesideView, InspectionRecord } from '../api'
import { copy, demoRecord, openedAt } from './story'

const second = copy<InspectionRecord>(demoRecord)
second.inspector.name = '李䶮'
second.terminal.sequence = 4
const [line] = second.lines
if (line) {
  line.outcome = 'abnormal'
  line.note = '前门未上锁'
}

const base = { claim: 'visit', failure: '', counts: null, photos: 2 } as const

const accepted: BesideRecord = {
  ...base,
  id: 'a1'.repeat(32),
  envelope: 'bf83dee6f579141fa897426a9ff42075611915f539f40bec9a94dacdb3df7e50',
  is_accepted: true,
  leaf: 13,
  problem: '',
  detail: '',
  is_decidable: false,
  received_at: openedAt + 2_000_000,
  terminal_name: '平板A',
  photos_stored: 2,
  record: copy<InspectionRecord>(demoRecord),
}

const aside: BesideRecord = {
  ...base,
  id: 'b2'.repeat(32),
  envelope: 'c3'.repeat(32),
  is_accepted: false,
  leaf: null,
  problem: '409.1',
  detail: `revision 1 of the visit: ${accepted.id}`,
  is_decidable: true,
  received_at: openedAt + 3_000_000,
  terminal_name: '平板B',
  photos_stored: 0,
  record: second,
}

export const fakeBeside: BesideView = {
  visit: demoRecord.visit.id,
  title: demoRecord.visit.title,
  revision: 1,
  round_title: demoRecord.round.title,
  records: [accepted, aside],
  case: aside.envelope,
  decision: null,
  template: null,
  subjects: [{ subject: demoRecord.visit.subject, name: demoRecord.visit.title, position: '' }],
}
