import { describe, expect, it } from 'vitest'

import { type CheckDraft, decimalOf, isDay, valueOf } from '@/inputs/draft'
import type { Input } from '@/gen'

describe('typed numbers', () => {
  it.each([
    ['23.5', '23.5'], ['23,5', '23.5'], ['-3', '-3'], ['023.50', '23.5'], ['-0.0', '0'], ['7.', '7'], ['100', '100'],
  ])('%s is stored as %s', (typed, stored) => expect(decimalOf(typed)).toBe(stored))

  it.each(['', '-', '.', '1.2.3', 'a'])('%j is none', (typed) => expect(decimalOf(typed)).toBeNull())
})

describe('typed days', () => {
  it('are days that exist', () => {
    expect(isDay('2028-02-29')).toBe(true)
    expect(isDay('2026-02-29')).toBe(false)
    expect(isDay('2026-2-9')).toBe(false)
  })
})

describe('a half-typed value', () => {
  const climate: Input = { type: 'readings', quantities: ['temperature', 'relative_humidity'], points: 1 }
  const cases: [string, CheckDraft, Input][] = [
    ['one door', { type: 'doors', front: 'locked', rear: null }, { type: 'doors' }],
    ['one question', { type: 'contacts', posted: true, current: null }, { type: 'contacts' }],
    ['temperature alone', { type: 'readings', points: [{ point: '冷通道1', values: { temperature: '23.5' } }] }, climate],
    ['an extinguisher without a date', { type: 'expiries', items: [{ place: '东门', expires_on: '' }] }, { type: 'expiries' }],
    ['no extinguisher', { type: 'expiries', items: [] }, { type: 'expiries' }],
  ]
  it.each(cases)('is no value: %s', (_, draft, input) => expect(valueOf(draft, input)).toBeNull())

  it('becomes one when it is whole; an empty point beside it does not matter', () => {
    const points = [{ point: '冷通道1', values: { temperature: '23,5', relative_humidity: '45' } }, { point: '冷通道2', values: {} }]
    expect(valueOf({ type: 'readings', points }, climate)).toEqual({
      type: 'readings',
      readings: [
        { quantity: 'temperature', point: '冷通道1', value: '23.5' },
        { quantity: 'relative_humidity', point: '冷通道1', value: '45' },
      ],
    })
  })
})
