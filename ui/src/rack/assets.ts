// A rack's assets as its page shows them: the ledger row, what was seen, the verdicts, and what is still to do, drawn from
// the engine's RackView. Judges nothing.
import type { AssetDetail, LedgerEntry, NewSighting, RackView, Sighting, UnitSpan, Verdict } from '@/gen'
import { type RackFace, type RackItem } from '@/parts/rackGeometry'

import { lookOf } from './looks'

export interface RackAsset {
  /** The ledger's id, or `unknown-1` for the first asset that the ledger does not have. */
  readonly id: string
  readonly ledger: LedgerEntry | null
  readonly sighting: Sighting | null
  readonly verdicts: readonly Verdict[]
  /** Differences, the sighting's number, and what other visits here say. */
  readonly detail: AssetDetail | null
  /** Where it was seen, or else where the ledger has it. */
  readonly span: UnitSpan | null
  readonly face: RackFace | null
  readonly name: string
}

export type Group = 'todo' | 'differs' | 'done'

export function assetsOf(rack: RackView): RackAsset[] {
  const ledger = new Map(rack.assets.map((entry) => [entry.id, entry]))
  let unknown = 0
  return rack.reconciliation.map(({ asset, verdicts, sighting }, at) => {
    const entry = asset ? (ledger.get(asset) ?? null) : null
    if (!asset) unknown += 1
    // An asset of another rack has a unit of that rack, which says nothing here.
    const belongs = entry !== null && entry.rack === rack.rack.id
    return {
      id: asset ?? `unknown-${unknown}`,
      ledger: entry,
      sighting,
      verdicts,
      detail: rack.details[at] ?? null,
      span: sighting?.span ?? (belongs ? entry.span : null),
      face: sighting?.face ?? (belongs ? entry.face : null),
      name: nameOf(entry, sighting),
    }
  })
}

const words = (...parts: readonly (string | null | undefined)[]): string => parts.filter((part) => part).join(' ')

function nameOf(entry: LedgerEntry | null, sighting: Sighting | null): string {
  const name = entry ? entry.name || words(entry.brand, entry.model, entry.serial) : words(sighting?.brand, sighting?.model, sighting?.serial)
  return name || sighting?.note || '—'
}

export const isScanned = (asset: RackAsset): boolean => asset.sighting !== null && asset.sighting.by !== 'eye'

/** To do first: what nobody has settled, then what differs, then what is as the ledger says. */
export function groupOf(asset: RackAsset): Group {
  if (asset.verdicts.includes('unverified')) return 'todo'
  return asset.verdicts.includes('matches') ? 'done' : 'differs'
}

/** What closing the rack would do. */
export interface Closing {
  /** Scanned and undisputed: become 一致. */
  readonly agree: readonly RackAsset[]
  /** Never seen: become 缺失. */
  readonly missing: readonly RackAsset[]
  /** Seen by eye but not compared: stay 未核. */
  readonly open: readonly RackAsset[]
}

export function closingOf(assets: readonly RackAsset[]): Closing {
  const todo = assets.filter((asset) => groupOf(asset) === 'todo')
  return {
    agree: todo.filter(isScanned),
    missing: todo.filter((asset) => !asset.sighting),
    open: todo.filter((asset) => asset.sighting && !isScanned(asset)),
  }
}

export function itemsOf(assets: readonly RackAsset[], wordOf: (verdict: Verdict) => string): RackItem[] {
  return assets.map((asset) => ({
    id: asset.id,
    low: asset.span?.low ?? null,
    high: asset.span?.high ?? null,
    face: asset.face,
    label: asset.name,
    ...lookOf(asset.verdicts),
    word: wordFor(asset, wordOf),
  }))
}

/** The first verdict's word, and how many more there are: the elevation has one line. */
export function wordFor(asset: RackAsset, wordOf: (verdict: Verdict) => string): string {
  const [first, ...more] = asset.verdicts
  const word = wordOf(first ?? 'unverified')
  return more.length > 0 ? `${word} +${more.length}` : word
}

export const nothingSeen: Omit<NewSighting, 'asset'> = {
  as_in_ledger: false,
  span: null,
  face: null,
  brand: null,
  model: null,
  serial: null,
  quantity: null,
  owning_unit: null,
  order_no: null,
  note: '',
  photos: null,
}

/**
 * “As in the ledger”. What was noted otherwise before is overwritten with the ledger's own values: the engine keeps what
 * an answer leaves out, so a slip could never be taken back otherwise.
 */
export function asInLedger(asset: RackAsset & { readonly ledger: LedgerEntry }): NewSighting {
  const { ledger, sighting: seen } = asset
  const back = <T>(noted: unknown, value: T): T | null => (noted === null || noted === undefined ? null : value)
  return {
    ...nothingSeen,
    asset: { ledger: ledger.id },
    as_in_ledger: true,
    span: back(seen?.span, ledger.span),
    face: back(seen?.face, ledger.face),
    brand: back(seen?.brand, ledger.brand),
    model: back(seen?.model, ledger.model),
    serial: back(seen?.serial, ledger.serial),
    quantity: back(seen?.quantity, ledger.quantity),
    owning_unit: back(seen?.owning_unit, ledger.owning_unit),
    order_no: back(seen?.order_no, ledger.order_no),
  }
}
