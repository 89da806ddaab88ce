// The words for a record's keys: from the template that the record names, and from the ledger version it was planned over.
import { criteriaOf, type RecordWording } from '@/records/wording'

import type { ConsoleRecord } from '../api'

export function wordingOfTemplate(view: Pick<ConsoleRecord, 'template' | 'subjects'>): RecordWording {
  const names = Object.fromEntries(view.subjects.map((one) => [one.subject.id, [one.name, one.position].filter(Boolean).join(' ')]))
  return { names, criteria: criteriaOf(view.template) }
}
