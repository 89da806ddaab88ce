// A record names criteria, checks and choices by key and things by id. These are the words for them where this program knows
// them: from the template and ledger at hand, and from the ledger rows inside the record itself.
import type { LineResult, Record as InspectionRecord, Subject, Template, Text, VisitView } from '@/gen'

export interface LineWording {
  readonly text: string
  readonly english: string
  /** By check key: the question, and the words of its choices. */
  readonly checks: { readonly [check: string]: { readonly label: Text; readonly options: { readonly [key: string]: Text } } }
}

export interface RecordWording {
  /** Names by id of room, rack, asset, cluster or system. */
  readonly names: { readonly [id: string]: string }
  /** By criterion: the printed sentence and its checks. */
  readonly criteria: { readonly [criterion: string]: LineWording }
}

export const noWording: RecordWording = { names: {}, criteria: {} }

/** The words that a visit on this terminal knows. */
export function wordingOf(visit: VisitView): RecordWording {
  const names: { [id: string]: string } = { [visit.subject.id]: visit.subject.name }
  const criteria: { [criterion: string]: LineWording } = {}
  for (const line of visit.lines) {
    names[line.subject.id] = line.subject.name
    const checks = Object.fromEntries(
      line.checks.map((check) => {
        const options = check.input.type === 'choice' ? Object.fromEntries(check.input.options.map((option) => [option.key, option.label])) : {}
        return [check.key, { label: check.label, options }]
      }),
    )
    criteria[line.criterion] = { text: line.text, english: line.english, checks }
  }
  return { names, criteria }
}

/** The words of a template's criteria, by key. */
export function criteriaOf(template: Template | null): RecordWording['criteria'] {
  const criteria = (template?.criteria ?? []).map((criterion) => {
    const checks = criterion.checks.map((check) => {
      const options = check.input.type === 'choice' ? check.input.options.map((option) => [option.key, option.label] as const) : []
      return [check.key, { label: check.label, options: Object.fromEntries(options) }] as const
    })
    return [criterion.key, { text: criterion.text, english: criterion.english, checks: Object.fromEntries(checks) }] as const
  })
  return Object.fromEntries(criteria)
}

/** What to call a thing: its name here, else its ledger row in the record, else the visit's title, else its id. */
export function nameOf(subject: Subject, record: InspectionRecord, wording: RecordWording): string {
  const known = wording.names[subject.id]
  if (known) return known
  const row = record.compared.find((entry) => entry.id === subject.id)
  if (row) return [row.name, row.brand, row.model].filter(Boolean).join(' ')
  return subject.id === record.visit.subject.id ? record.visit.title : subject.id
}

export interface LineGroup {
  readonly subject: Subject
  readonly lines: readonly LineResult[]
}

/** The lines of a record by what they are about, in the order of the record. */
export function groupLines(record: InspectionRecord): LineGroup[] {
  const groups = new Map<string, { subject: Subject; lines: LineResult[] }>()
  for (const line of record.lines) {
    const key = `${line.subject.kind}:${line.subject.id}`
    const group = groups.get(key) ?? { subject: line.subject, lines: [] }
    group.lines.push(line)
    groups.set(key, group)
  }
  return [...groups.values()]
}
