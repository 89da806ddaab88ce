// Where things stand in a rack's elevation: U1 at the bottom, rows as high as fingers need, things that claim the same
// units side by side. Pure, so that it can be tested and shared with the console.

export type RackFace = 'front' | 'rear'
export type RackTone = 'normal' | 'abnormal' | 'wait' | 'work' | 'none'

/** One thing in a rack as the elevation shows it. */
export interface RackItem {
  readonly id: string
  /** Lowest and highest unit; `null` for things without a position, such as vertical power strips. */
  readonly low: number | null
  readonly high: number | null
  /** `null` fills the whole depth and shows on both faces. */
  readonly face: RackFace | null
  readonly label: string
  readonly tone: RackTone
  readonly sign: string
  readonly word: string
}

export interface PlacedItem {
  readonly item: RackItem
  /** Grid row of its top, from 1 at the top of the rack. */
  readonly row: number
  readonly rows: number
  /** From 0; things side by side have different lanes. */
  readonly lane: number
}

export interface Elevation {
  readonly height: number
  /** Height of each row in rem, from the top. */
  readonly rows: readonly number[]
  readonly lanes: number
  readonly placed: readonly PlacedItem[]
  /** Things that cannot be drawn at a unit of this rack. */
  readonly loose: readonly RackItem[]
}

/** 48 px and a gap of 1 px above and below: no target is lower. A row without anything needs to show its number only. */
const targetRem = 3.125
const emptyRem = 1.25

const fits = (item: RackItem, height: number): item is RackItem & { low: number; high: number } =>
  item.low !== null && item.high !== null && item.low >= 1 && item.low <= item.high && item.high <= height

export function elevationOf(height: number, items: readonly RackItem[], face: RackFace): Elevation {
  const shown = items.filter((item) => item.face === null || item.face === face)
  const loose = shown.filter((item) => !fits(item, height))
  const drawn = shown.filter((item) => fits(item, height)).sort((a, b) => b.high - a.high || a.low - b.low)

  const rows = Array.from({ length: height }, () => emptyRem)
  const ends: number[] = []
  const placed = drawn.map((item): PlacedItem => {
    const row = height - item.high + 1
    const count = item.high - item.low + 1
    for (let at = row; at < row + count; at += 1) rows[at - 1] = Math.max(rows[at - 1] ?? emptyRem, targetRem / count)
    // The first lane that is free above this row; `ends` holds the last row taken in each lane.
    const free = ends.findIndex((end) => end < row)
    const lane = free >= 0 ? free : ends.length
    ends[lane] = row + count - 1
    return { item, row, rows: count, lane }
  })
  return { height, rows, lanes: Math.max(1, ends.length), placed, loose }
}

/** `U12–13`, or `U12`. */
export const unitsOf = (low: number, high: number): string => (low === high ? `U${low}` : `U${low}–${high}`)
