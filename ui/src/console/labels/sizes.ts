// Sizes of labels and sheets, in millimetres.
export interface Size {
  readonly width: number
  readonly height: number
}

export const presets: readonly (Size & { readonly name: string })[] = [
  { name: '50x30', width: 50, height: 30 },
  { name: '70x50', width: 70, height: 50 },
  { name: '56x32', width: 56, height: 32 },
]

export type Layout = 'a4-3x8' | 'a4-2x7' | 'roll' | 'ruler'

export interface Grid {
  readonly columns: number
  readonly rows: number
  /** Size of one cell. */
  readonly width: number
  readonly height: number
  /** White before the first cell. */
  readonly left: number
  readonly top: number
}

/** A4 is 210 × 297: 3 × 8 cells of 70 × 37.125, and 2 × 7 cells of 99.1 × 38.1 with the usual margins of such sheets. */
export const grids: Readonly<Record<'a4-3x8' | 'a4-2x7', Grid>> = {
  'a4-3x8': { columns: 3, rows: 8, width: 70, height: 37.125, left: 0, top: 0 },
  'a4-2x7': { columns: 2, rows: 7, width: 99.1, height: 38.1, left: 5.9, top: 15.15 },
}

/** The pages of a sheet: `null` is a cell left free, because its label was used before. */
export function pagesOf<T>(labels: readonly T[], perPage: number, startAt: number): (T | null)[][] {
  const skipped = Math.min(Math.max(startAt, 1), perPage) - 1
  const cells: (T | null)[] = [...Array.from({ length: skipped }, () => null), ...labels]
  return Array.from({ length: Math.ceil(cells.length / perPage) }, (_, page) => cells.slice(page * perPage, (page + 1) * perPage))
}
