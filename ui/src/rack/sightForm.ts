// The form for what differs from the ledger: its content, what of it changed, and the sighting that it becomes.
import type { NewSighting } from '@/gen'
import type { RackFace } from '@/parts/rackGeometry'

import { nothingSeen, type RackAsset } from './assets'

export const kinds = ['place', 'identity', 'owner', 'quantity'] as const
export type Kind = (typeof kinds)[number]

export interface SightForm {
  kind: Kind | null
  low: number | null
  high: number | null
  face: RackFace | null
  brand: string
  model: string
  serial: string
  owning_unit: string
  order_no: string
  quantity: number | null
  note: string
}

/** Filled with what was noted before, or else with the ledger's own words, so that only the difference is typed. */
export function formOf(asset: RackAsset): SightForm {
  const { ledger, sighting: seen } = asset
  return {
    kind: null,
    low: asset.span?.low ?? null,
    high: asset.span?.high ?? null,
    face: asset.face,
    brand: seen?.brand ?? ledger?.brand ?? '',
    model: seen?.model ?? ledger?.model ?? '',
    serial: seen?.serial ?? ledger?.serial ?? '',
    owning_unit: seen?.owning_unit ?? ledger?.owning_unit ?? '',
    order_no: seen?.order_no ?? ledger?.order_no ?? '',
    quantity: seen?.quantity ?? ledger?.quantity ?? null,
    note: seen?.note ?? '',
  }
}

type Word = 'brand' | 'model' | 'serial' | 'owning_unit' | 'order_no'
const wordsOf: Record<Kind, readonly Word[]> = { place: [], identity: ['brand', 'model', 'serial'], owner: ['owning_unit', 'order_no'], quantity: [] }

/** Whether this field differs from the ledger. */
export const isChanged = (form: SightForm, asset: RackAsset, field: Word): boolean => form[field].trim() !== (asset.ledger?.[field] ?? '')

export type Refusal = 'units' | 'unchanged' | 'empty'

/** The sighting, or why there is none yet. Only what this kind of difference is about is sent; the rest was not looked at. */
export function sightingOf(form: SightForm, asset: RackAsset, height: number): NewSighting | Refusal {
  const base = { ...nothingSeen, asset: { ledger: asset.id }, note: form.note.trim() } satisfies NewSighting
  const ledger = asset.ledger
  if (form.kind === 'place') {
    const { low, high, face } = form
    if (low === null || high === null || low < 1 || low > high || high > height) return 'units'
    const isSame = ledger?.span?.low === low && ledger.span.high === high && (ledger.face ?? face) === face
    return isSame ? 'unchanged' : { ...base, span: { low, high }, face }
  }
  if (form.kind === 'quantity') {
    if (form.quantity === null || form.quantity < 0) return 'empty'
    return form.quantity === ledger?.quantity ? 'unchanged' : { ...base, quantity: form.quantity }
  }
  if (form.kind === null) return 'empty'
  const fields = wordsOf[form.kind].filter((field) => isChanged(form, asset, field))
  if (fields.length === 0) return 'unchanged'
  return { ...base, ...Object.fromEntries(fields.map((field) => [field, form[field].trim()])) }
}
