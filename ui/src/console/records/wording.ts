// The words for a record's keys: from the template that the record names, and from the ledger version it was planned over.
import type { RecordWording } from '@/records/wording'

import type { ConsoleRecord } from '../api'

export function wordingOfTemplate(view: Pick<ConsoleRecord, 'template' | 'subjects'>): RecordWording {
  const names = Object.fromEntries(view.subjects.map((one) => [one.subject.id, [one.name, one.position].filter(Boolean).join(' ')]))
  const criteria = (view.template?.criteria ?? []).map((criterion) => {
    const checks = criterion.checks.map((check) => {
      const options = check.input.type === 'choice' ? check.input.options.map((option) => [option.key, option.label] as const) : []
      return [check.key, { label: check.label, options: Object.fromEntries(options) }] as const
    })
    return [criterion.key, { text: criterion.text, english: criterion.english, checks: Object.fromEntries(checks) }] as const
  })
  return { names, criteria: Object.fromEntries(criteria) }
}
