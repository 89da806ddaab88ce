// The form of a finding: what it holds, what is still missing, and the finding it becomes.
import type { Finding, NewFinding, Severity } from '@/gen'

export const severities: readonly Severity[] = ['outage', 'degraded', 'major', 'minor']

/** Severities whose clock runs from the call to the service desk; the others have a due date. */
export const hasClock = (severity: Severity | null): boolean => severity === 'outage' || severity === 'degraded'

export interface FindingForm {
  severity: Severity | null
  description: string
  responsible_unit: string
  due_on: string
  cannot_photo: boolean
  no_photo_reason: string
  no_photo_by: string
  is_fixed: boolean
  fixed_on_site: string
  desk_callee: string
}

export const emptyForm = (): FindingForm => ({
  severity: null,
  description: '',
  responsible_unit: '',
  due_on: '',
  cannot_photo: false,
  no_photo_reason: '',
  no_photo_by: '',
  is_fixed: false,
  fixed_on_site: '',
  desk_callee: '',
})

export const formOf = (finding: Finding): FindingForm => ({
  severity: finding.severity,
  description: finding.description,
  responsible_unit: finding.responsible_unit,
  due_on: finding.due_on ?? '',
  cannot_photo: finding.no_photo !== null,
  no_photo_reason: finding.no_photo?.reason ?? '',
  no_photo_by: finding.no_photo?.confirmed_by ?? '',
  is_fixed: finding.fixed_on_site !== '',
  fixed_on_site: finding.fixed_on_site,
  desk_callee: finding.desk_call?.callee ?? '',
})

export type Missing = 'severity' | 'description' | 'unit' | 'due' | 'photo' | 'reason' | 'fix'

/** What keeps it from being stored, in the order of the form. The engine asks the same before sealing; saying it here spares the way back. */
export function missingOf(form: FindingForm, photos: readonly string[]): Missing[] {
  const rules: readonly [Missing, boolean][] = [
    ['severity', form.severity === null],
    ['description', form.description.trim() === ''],
    ['unit', form.responsible_unit.trim() === ''],
    ['due', form.severity !== null && !hasClock(form.severity) && form.due_on === ''],
    ['photo', photos.length === 0 && !form.cannot_photo],
    ['reason', form.cannot_photo && form.no_photo_reason.trim() === ''],
    ['fix', form.is_fixed && form.fixed_on_site.trim() === ''],
  ]
  return rules.filter(([, isMissing]) => isMissing).map(([key]) => key)
}

export interface FindingFrame {
  readonly line: number | null
  readonly photos: readonly string[]
  readonly afterPhotos: readonly string[]
  /** The finding of an earlier round that the changed one carried on. */
  readonly follows: string | null
  readonly category: string
}

/** Only for a form of which nothing is missing. */
export function findingOf(form: FindingForm, severity: Severity, frame: FindingFrame): NewFinding {
  const callee = form.desk_callee.trim()
  return {
    line: frame.line,
    subject: null,
    severity,
    category: frame.category,
    description: form.description.trim(),
    responsible_unit: form.responsible_unit.trim(),
    due_on: form.due_on || null,
    photos: [...frame.photos],
    no_photo: form.cannot_photo ? { reason: form.no_photo_reason.trim(), confirmed_by: form.no_photo_by.trim() } : null,
    fixed_on_site: form.is_fixed ? form.fixed_on_site.trim() : '',
    after_photos: form.is_fixed ? [...frame.afterPhotos] : [],
    desk_callee: hasClock(form.severity) && callee !== '' ? callee : null,
    follows: frame.follows,
  }
}

/** Adds a preset to what is written already; the same words are not added twice. */
export function withPreset(text: string, preset: string): string {
  if (text.includes(preset)) return text
  const trimmed = text.trimEnd()
  if (trimmed === '') return preset
  return /[，。；、,.;]$/.test(trimmed) ? `${trimmed}${preset}` : `${trimmed}；${preset}`
}

/** `2026-11-29`: so many days after a day. Counts calendar days and knows no time zone. */
export function daysAfter(day: string, days: number): string {
  const at = new Date(`${day}T00:00:00Z`)
  at.setUTCDate(at.getUTCDate() + days)
  return at.toISOString().slice(0, 10)
}

export const duePresets = [3, 7, 15, 30] as const
