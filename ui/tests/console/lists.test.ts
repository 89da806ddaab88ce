import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { createFakeConsole } from '@/console/fake'
import { ConsoleError } from '@/console/error'

import { mountConsole, type Mounted, settle } from './mountConsole'

describe('a long list', () => {
  let at: Mounted

  beforeEach(() => localStorage.clear())
  afterEach(() => at.page.unmount())

  const rows = (): string[] => at.page.findAll('[data-testid="visits-table"] tbody tr').map((row) => row.attributes('data-testid') ?? '')
  const visits = async (): Promise<string> => `/rounds/${(await createFakeConsole().rounds())[0]?.round.id}`

  it('goes on where it stopped, shows nothing twice and ends at its total', async () => {
    at = await mountConsole(await visits(), { pageSize: 8 })
    expect(rows()).toHaveLength(8)
    await at.press('visits-more')
    expect(rows()).toHaveLength(16)
    await at.press('visits-more')
    expect(new Set(rows()).size).toBe(20)
    expect(at.has('visits-more')).toBe(false)
    expect(at.page.get('[data-testid="visits-total"]').attributes('data-total')).toBe('20')
  })

  it('drops an item that the service lists again on the next page', async () => {
    const api = createFakeConsole({ pageSize: 8 })
    const usual = api.visits
    const overlapping = new Proxy(api, {
      get: (target, name: keyof typeof api) =>
        name === 'visits' ? async (round: string, query: Record<string, string>, after: string | null) => usual(round, query, after === null ? null : String(Number(after) - 2)) : target[name],
    })
    at = await mountConsole(await visits(), { api: overlapping })
    await at.press('visits-more')
    expect(rows()).toHaveLength(14)
    expect(new Set(rows()).size).toBe(14)
  })

  it('keeps what it shows when the next page fails, and tries again', async () => {
    const fails: { visits?: Error } = {}
    at = await mountConsole(await visits(), { pageSize: 8, fails })
    fails.visits = new ConsoleError(503, '503.1', '服务忙。', '请稍后重试。')
    await at.press('visits-more')
    expect(rows()).toHaveLength(8)
    expect(at.text('fault')).toContain('请稍后重试')
    delete fails.visits
    await at.press('visits-more')
    expect(rows()).toHaveLength(16)
  })

  it('puts its filters into the address, so that a link shows the same list', async () => {
    at = await mountConsole(`${await visits()}?kind=rack`)
    expect(rows()).toHaveLength(10)
    await at.page.get('[data-testid="filter-state"]').setValue('abnormal')
    await settle()
    expect(at.routes.currentRoute.value.query).toEqual({ kind: 'rack', state: 'abnormal' })
    expect(rows()).toHaveLength(1)
  })

  it('searches once after the typing stops', async () => {
    at = await mountConsole('/records')
    const ask = vi.spyOn(at.routes, 'replace')
    const box = at.page.get('[data-testid="search"]')
    for (const text of ['A', 'A0', 'A02']) await box.setValue(text)
    await new Promise((done) => setTimeout(done, 300))
    await settle()
    expect(ask).toHaveBeenCalledTimes(1)
    expect(at.page.get('[data-testid="records-total"]').attributes('data-total')).toBe('1')
  })

  it('says that nothing matches and how to see everything again', async () => {
    at = await mountConsole('/records?q=nowhere')
    expect(at.text('empty')).toContain('没有符合条件的条目')
    await at.press('records-widen')
    expect(at.page.get('[data-testid="records-total"]').attributes('data-total')).toBe('6')
  })
})
