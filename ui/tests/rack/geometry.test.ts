import { describe, expect, it } from 'vitest'

import { elevationOf, type RackItem, unitsOf } from '@/parts/rackGeometry'

const item = (id: string, low: number | null, high: number | null, face: RackItem['face'] = null): RackItem => ({ id, low, high, face, label: id, tone: 'none', sign: '·', word: '' })
const rowsOf = (items: RackItem[], face: 'front' | 'rear' = 'front', height = 42) => elevationOf(height, items, face)

describe('the elevation of a rack', () => {
  it('has U1 at the bottom', () => {
    const { placed } = rowsOf([item('bottom', 1, 2), item('top', 42, 42)])
    expect(placed.map(({ item: one, row, rows }) => [one.id, row, rows])).toEqual([
      ['top', 1, 1],
      ['bottom', 41, 2],
    ])
  })

  it('shows what fills the depth on both faces and the rest on its own', () => {
    const items = [item('deep', 1, 1), item('front', 2, 2, 'front'), item('rear', 3, 3, 'rear')]
    expect(rowsOf(items, 'front').placed.map((one) => one.item.id)).toEqual(['front', 'deep'])
    expect(rowsOf(items, 'rear').placed.map((one) => one.item.id)).toEqual(['rear', 'deep'])
  })

  it('gives everything that can be pressed 48 px and wastes no height on empty units', () => {
    const { rows, placed } = rowsOf([item('one', 10, 10), item('two', 20, 21), item('four', 30, 33)])
    for (const one of placed) {
      const height = rows.slice(one.row - 1, one.row - 1 + one.rows).reduce((sum, row) => sum + row, 0)
      expect(height, one.item.id).toBeGreaterThanOrEqual(3)
    }
    expect(rows[0]).toBeLessThan(2)
  })

  it('puts things that claim the same units side by side, and the next ones in the first free lane', () => {
    const { placed, lanes } = rowsOf([item('left', 10, 12), item('right', 11, 11), item('below', 9, 9)])
    expect(lanes).toBe(2)
    expect(Object.fromEntries(placed.map((one) => [one.item.id, one.lane]))).toEqual({ left: 0, right: 1, below: 0 })
  })

  it('keeps what has no unit, or one that this rack does not have, beside the drawing', () => {
    const { placed, loose } = rowsOf([item('strip', null, null), item('too-high', 43, 44), item('upside-down', 5, 4), item('fine', 42, 42)])
    expect(placed.map((one) => one.item.id)).toEqual(['fine'])
    expect(loose.map((one) => one.id)).toEqual(['strip', 'too-high', 'upside-down'])
  })

  it('names units shortly', () => {
    expect([unitsOf(3, 3), unitsOf(3, 5)]).toEqual(['U3', 'U3–5'])
  })
})
