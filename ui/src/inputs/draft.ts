// What a person has typed for a check so far: like the engine's `Value`, but every part may still be missing. Pure functions
// between the three shapes: stored result → draft → value to store.
import type { CheckView, DoorState, Expiry, Input, LabelState, NewReading, NewValue, Quantity, Value } from '@/gen'

export interface PointDraft {
  readonly point: string
  readonly values: Partial<Record<Quantity, string>>
}

export interface UnitDraft {
  readonly owning_unit: string
  readonly online: number | null
}

export type CheckDraft =
  | { readonly type: 'judgement'; readonly outcome: 'normal' | 'abnormal' | null }
  | { readonly type: 'choice'; readonly key: string | null }
  | { readonly type: 'count'; readonly count: number | null }
  | { readonly type: 'readings'; readonly points: readonly PointDraft[] }
  | { readonly type: 'earliest_footage'; readonly on: string }
  | { readonly type: 'doors'; readonly front: DoorState | null; readonly rear: DoorState | null }
  | { readonly type: 'rack_labels'; readonly front: LabelState | null; readonly rear: LabelState | null }
  | { readonly type: 'reconciliation'; readonly quantity: number | null }
  | { readonly type: 'order_match'; readonly order_matches: boolean | null; readonly owner_matches: boolean | null }
  | { readonly type: 'unit_counts'; readonly units: readonly UnitDraft[] }
  | { readonly type: 'expiries'; readonly items: readonly Expiry[] }
  | { readonly type: 'register'; readonly own_entry_found: boolean | null; readonly incomplete_entries: number | null }
  | { readonly type: 'contacts'; readonly posted: boolean | null; readonly current: boolean | null }

export type DraftOf<T extends CheckDraft['type']> = Extract<CheckDraft, { type: T }>

/** The stored value as a draft, or an empty one: nothing is preselected. */
export function draftOf(check: CheckView): CheckDraft {
  const value = check.result?.value ?? null
  switch (check.input.type) {
    case 'judgement': {
      const outcome = check.result?.outcome
      return { type: 'judgement', outcome: outcome === 'normal' || outcome === 'abnormal' ? outcome : null }
    }
    case 'choice':
      return { type: 'choice', key: value?.type === 'choice' ? value.key : null }
    case 'count':
      return { type: 'count', count: value?.type === 'count' ? value.count : null }
    case 'readings':
      return { type: 'readings', points: value?.type === 'readings' ? pointsOf(value) : [] }
    case 'earliest_footage':
      return { type: 'earliest_footage', on: value?.type === 'earliest_footage' ? value.on : '' }
    case 'doors':
      return value?.type === 'doors' ? value : { type: 'doors', front: null, rear: null }
    case 'rack_labels':
      return value?.type === 'rack_labels' ? value : { type: 'rack_labels', front: null, rear: null }
    case 'reconciliation':
      return { type: 'reconciliation', quantity: value?.type === 'reconciliation' ? value.quantity : null }
    case 'order_match':
      return value?.type === 'order_match' ? value : { type: 'order_match', order_matches: null, owner_matches: null }
    case 'unit_counts':
      return { type: 'unit_counts', units: unitsOf(check, value) }
    case 'expiries':
      return { type: 'expiries', items: value?.type === 'expiries' ? value.items : [] }
    case 'register':
      return value?.type === 'register' ? value : { type: 'register', own_entry_found: null, incomplete_entries: null }
    case 'contacts':
      return value?.type === 'contacts' ? value : { type: 'contacts', posted: null, current: null }
  }
}

/** The value to store; `null` while something is missing, and for a bare judgement, which has none. */
export function valueOf(draft: CheckDraft, input: Input): NewValue | null {
  switch (draft.type) {
    case 'judgement':
      return null
    case 'choice':
      return draft.key === null ? null : { type: 'choice', key: draft.key }
    case 'count':
      return draft.count === null ? null : { type: 'count', count: draft.count }
    case 'readings': {
      const readings = draft.points.flatMap(readingsOf)
      return input.type === 'readings' && arePointsComplete(draft, input) ? { type: 'readings', readings } : null
    }
    case 'earliest_footage':
      return isDay(draft.on) ? { type: 'earliest_footage', on: draft.on } : null
    case 'doors':
      return draft.front && draft.rear ? { type: 'doors', front: draft.front, rear: draft.rear } : null
    case 'rack_labels':
      return draft.front && draft.rear ? { type: 'rack_labels', front: draft.front, rear: draft.rear } : null
    case 'reconciliation':
      return draft.quantity === null ? null : { type: 'reconciliation', quantity: draft.quantity }
    case 'order_match':
      return draft.order_matches === null || draft.owner_matches === null
        ? null
        : { type: 'order_match', order_matches: draft.order_matches, owner_matches: draft.owner_matches }
    case 'unit_counts': {
      const units = draft.units.flatMap(({ owning_unit, online }) => (online === null ? [] : [{ owning_unit, online }]))
      return units.length > 0 && units.length === draft.units.length ? { type: 'unit_counts', units } : null
    }
    case 'expiries': {
      const isWhole = draft.items.length > 0 && draft.items.every((item) => item.place.trim() !== '' && isDay(item.expires_on))
      return isWhole ? { type: 'expiries', items: draft.items.map((item) => ({ ...item, place: item.place.trim() })) } : null
    }
    case 'register':
      return draft.own_entry_found === null || draft.incomplete_entries === null
        ? null
        : { type: 'register', own_entry_found: draft.own_entry_found, incomplete_entries: draft.incomplete_entries }
    case 'contacts':
      return draft.posted === null || draft.current === null
        ? null
        : { type: 'contacts', posted: draft.posted, current: draft.current }
  }
}

/** Whether nothing was typed at all. */
export function isBlank(draft: CheckDraft, check: CheckView): boolean {
  return JSON.stringify(draft) === JSON.stringify(draftOf({ ...check, result: null }))
}

/** A typed number in the engine's spelling, `23.5`; `null` when it is none. A decimal comma is a point. */
export function decimalOf(typed: string): string | null {
  const match = /^(-?)0*(\d+)(?:\.(\d*))?$/.exec(typed.trim().replace(',', '.'))
  if (!match) return null
  const fraction = (match[3] ?? '').replace(/0+$/, '')
  const text = (match[2] ?? '') + (fraction ? `.${fraction}` : '')
  return /^[0.]*$/.test(text) ? '0' : (match[1] ?? '') + text
}

/** The measured values of a point that are numbers. */
export function readingsOf(point: PointDraft): NewReading[] {
  return (Object.entries(point.values) as [Quantity, string][]).flatMap(([quantity, typed]) => {
    const value = decimalOf(typed)
    return value === null ? [] : [{ quantity, point: point.point.trim(), value }]
  })
}

export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const at = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)
}

function arePointsComplete(draft: DraftOf<'readings'>, input: Extract<Input, { type: 'readings' }>): boolean {
  const started = draft.points.filter((point) => Object.values(point.values).some((typed) => typed !== ''))
  const isWhole = (point: PointDraft): boolean => input.quantities.every((quantity) => decimalOf(point.values[quantity] ?? '') !== null)
  return started.length >= input.points && started.every(isWhole)
}

function pointsOf(value: Extract<Value, { type: 'readings' }>): PointDraft[] {
  const points = new Map<string, Partial<Record<Quantity, string>>>()
  for (const reading of value.readings) {
    if (reading.quantity === 'dew_point') continue
    points.set(reading.point, { ...points.get(reading.point), [reading.quantity]: reading.value })
  }
  return [...points].map(([point, values]) => ({ point, values }))
}

/** One row an owning unit of the orders and the ledger; counted rows that neither names stay at the end. */
function unitsOf(check: CheckView, value: Value | null): UnitDraft[] {
  const counted = new Map(value?.type === 'unit_counts' ? value.units.map((unit) => [unit.owning_unit, unit.online]) : [])
  const expected = check.expected && 'units' in check.expected ? check.expected.units : []
  const named = expected.map(({ owning_unit }) => ({ owning_unit, online: counted.get(owning_unit) ?? null }))
  const others = [...counted].filter(([unit]) => !expected.some((one) => one.owning_unit === unit))
  return [...named, ...others.map(([owning_unit, online]) => ({ owning_unit, online }))]
}
