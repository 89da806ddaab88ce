// What a person says of ledger files: what a column holds, and the room of files that name none.

/** The fields of a ledger, as the service names them. */
export const ledgerFields = [
  'room',
  'location',
  'rack',
  'rack_units',
  'position',
  'position_end',
  'height',
  'face',
  'kind',
  'name',
  'brand',
  'model',
  'serial',
  'asset_tag',
  'quantity',
  'owning_unit',
  'order_no',
  'mounted_on',
  'status',
  'cluster',
  'note',
] as const

/** How the service spells that a column is not read. */
export const ignored = 'ignore'

export interface LedgerWords {
  /** By heading: a field, or `ignore`. */
  readonly columns: Readonly<Record<string, string>>
  /** Empty when nobody said one. */
  readonly room: string
}

export const noWords: LedgerWords = { columns: {}, room: '' }
