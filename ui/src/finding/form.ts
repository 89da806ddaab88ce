// The form of a finding: what it holds, what is still missing, and the finding it becomes.
import type { Finding, FindingPreset, NewFinding, Severity } from '@/gen'

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
  /** `10:43`: when the service desk answered; empty for the moment of storing. */
  called_at: string
  /** When a severity with a clock was chosen first, in Unix milliseconds: the clock runs from then. */
  begun_at: number | null
  /** The key of the preset used last. */
  category: string
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
  called_at: '',
  begun_at: null,
  category: '',
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
  called_at: '',
  begun_at: null,
  category: finding.category,
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
  /** The finding that these are the new words of. */
  readonly replaces?: string
  /** Unix milliseconds. */
  readonly now: number
}

/** Only for a form of which nothing is missing. */
export function findingOf(form: FindingForm, severity: Severity, frame: FindingFrame): NewFinding {
  const callee = form.desk_callee.trim()
  return {
    line: frame.line,
    subject: null,
    severity,
    category: form.category,
    description: form.description.trim(),
    responsible_unit: form.responsible_unit.trim(),
    due_on: form.due_on || null,
    photos: [...frame.photos],
    no_photo: form.cannot_photo ? { reason: form.no_photo_reason.trim(), confirmed_by: form.no_photo_by.trim() } : null,
    fixed_on_site: form.is_fixed ? form.fixed_on_site.trim() : '',
    after_photos: form.is_fixed ? [...frame.afterPhotos] : [],
    desk_callee: hasClock(form.severity) && callee !== '' ? callee : null,
    follows: frame.follows,
    ...(frame.replaces ? { replaces: frame.replaces } : {}),
    ...(hasClock(form.severity) && form.begun_at !== null ? { found_ago_ms: Math.max(0, frame.now - form.begun_at) } : {}),
    ...(hasClock(form.severity) && form.called_at !== '' ? { called_ago_ms: agoOf(form.called_at, frame.now) } : {}),
  }
}

/** Adds a preset to what is written already; the same words are not added twice. */
export function withPreset(text: string, preset: string): string {
  if (text.includes(preset)) return text
  const trimmed = text.trimEnd()
  if (trimmed === '') return preset
  return /[，。；、,.;]$/.test(trimmed) ? `${trimmed}${preset}` : `${trimmed}；${preset}`
}

/** Milliseconds since a time of day such as `10:43` in the zone of the sites; 0 for one still to come. */
export function agoOf(time: string, now: number): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  const midnight = now - ((now + 8 * 3_600_000) % 86_400_000)
  return Math.max(0, now - (midnight + (hours * 60 + minutes) * 60_000))
}

/** A preset in one press: its words join what is written; severity and due day only fill what nobody chose. */
export function filledWith(form: FindingForm, preset: FindingPreset, text: string, today: string): FindingForm {
  const severity = form.severity ?? preset.severity
  const due_on = form.due_on === '' && preset.due_days !== null && !hasClock(severity) ? daysAfter(today, preset.due_days) : form.due_on
  return { ...form, severity, due_on, description: withPreset(form.description, text), category: preset.key }
}

/** `2026-11-29`: so many days after a day. Counts calendar days and knows no time zone. */
export function daysAfter(day: string, days: number): string {
  const at = new Date(`${day}T00:00:00Z`)
  at.setUTCDate(at.getUTCDate() + days)
  return at.toISOString().slice(0, 10)
}

export const duePresets = [7, 14, 30] as const
