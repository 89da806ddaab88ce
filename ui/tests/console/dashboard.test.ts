import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { mountConsole, type Mounted } from './mountConsole'

/** Each number of the first page and the list that it must lead to. */
const numbers: readonly (readonly [stat: string, list: string])[] = [
  ['planned', 'visits'],
  ['received', 'records'],
  ['receipt', 'records'],
  ['overdue', 'visits'],
  ['findings', 'findings'],
  ['severity-major', 'findings'],
  ['severity-minor', 'findings'],
  ['severity-degraded', 'findings'],
  ['discrepancies', 'discrepancies'],
  ['unverified', 'discrepancies'],
  ['aside', 'aside'],
  ['keys', 'keys'],
]

describe('the first page', () => {
  let at: Mounted

  beforeEach(() => localStorage.clear())
  afterEach(() => at.page.unmount())

  it.each(numbers)('leads from the number “%s” to a list of exactly that many', async (stat, list) => {
    at = await mountConsole('/')
    const link = at.page.get(`[data-testid="stat-${stat}"]`)
    const value = link.attributes('data-value')
    await at.goTo(link.attributes('href')?.slice(1) ?? '')
    expect(at.page.get(`[data-testid="${list}-total"]`).attributes('data-total')).toBe(value)
  })

  it('prints the formula beside the completion rate', async () => {
    at = await mountConsole('/')
    expect(at.text('coverage-percent')).toMatch(/^\d+\.\d%$/)
    expect(at.text('coverage-formula')).toContain('÷ 应检项')
  })

  it('says the state of a rack by sign and word, and leads to its record', async () => {
    at = await mountConsole('/')
    const tile = at.page.get('[data-testid="tile-A01"]')
    expect(tile.text()).toContain('▲')
    expect(tile.text()).toContain('有异常')
    expect(tile.attributes('href')).toMatch(/^#\/records\/[0-9a-f]{64}$/)
  })

  it('shows when everything was checked anew', async () => {
    at = await mountConsole('/')
    const before = at.text('verification')
    await at.press('verify-again')
    expect(at.text('verification')).not.toBe(before)
    expect(at.text('verification-state')).toContain('全部完好')
  })
})
