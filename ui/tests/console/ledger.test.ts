import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { createFakeConsole } from '@/console/fake'
import { readUnits } from '@/console/ledger/units'

import { mountConsole, type Mounted, settle } from './mountConsole'

describe('importing the ledger', () => {
  let at: Mounted

  beforeEach(() => localStorage.clear())
  afterEach(() => at?.page.unmount())

  async function choose(name: string): Promise<void> {
    const input = at.page.get<HTMLInputElement>('[data-testid="ledger-files"]')
    Object.defineProperty(input.element, 'files', { value: [new File(['a'], name)], configurable: true })
    await input.trigger('change')
    await at.press('ledger-preview')
  }
  const isOff = (name: string): boolean => at.page.get(`[data-testid="${name}"]`).attributes('disabled') !== undefined

  it('shows refused rows with row, column, value and what to do, and what would change', async () => {
    at = await mountConsole('/ledger/import')
    await choose('ledger.csv')
    const problems = at.text('row-problems')
    for (const words of ['14', '结束U位', '1O', '请改成 10']) expect(problems).toContain(words)
    expect(at.text('count-removed')).toBe('1')
    expect(at.text('diff')).toContain('云山市档案馆')
  })

  it('removes nothing before that was agreed to by a tick of its own', async () => {
    const api = createFakeConsole()
    const sent = vi.fn(api.importLedger)
    at = await mountConsole('/ledger/import', { api: new Proxy(api, { get: (target, name: keyof typeof api) => (name === 'importLedger' ? sent : target[name]) }) })
    await choose('ledger.csv')
    expect(isOff('ledger-import'), 'not agreed yet').toBe(true)
    await at.page.get('[data-testid="allow-removals"]').setValue(true)
    expect(isOff('ledger-import'), 'agreed').toBe(false)
    await at.press('ledger-import')
    expect(sent.mock.calls[0]?.[1]).toBe(true)
    expect(at.text('ledger-imported')).toContain('第 3 版')
  })

  it('offers no import of files that change nothing', async () => {
    at = await mountConsole('/ledger/import')
    await choose('same.csv')
    expect(at.has('ledger-import')).toBe(false)
    expect(at.text('ledger-confirm')).toContain('无需导入')
  })

  it('forgets the preview and the tick when other files are chosen', async () => {
    at = await mountConsole('/ledger/import')
    await choose('ledger.csv')
    await at.page.get('[data-testid="allow-removals"]').setValue(true)
    await at.page.get('[data-testid="ledger-files"]').trigger('change')
    await settle()
    expect(at.has('ledger-confirm')).toBe(false)
    await at.press('ledger-preview')
    expect(isOff('ledger-import')).toBe(true)
  })

  it('lets a person say what columns hold, and imports only what was looked at with these words', async () => {
    const api = createFakeConsole()
    const sent = vi.fn(api.importLedger)
    at = await mountConsole('/ledger/import', { api: new Proxy(api, { get: (target, name: keyof typeof api) => (name === 'importLedger' ? sent : target[name]) }) })
    await choose('odd.csv')
    expect(at.has('ledger-confirm'), 'nothing to import yet').toBe(false)
    expect(at.text('column-map')).toContain('柜子')
    for (const [heading, field] of [['柜子', 'rack'], ['叫什么', 'model']]) await at.page.get(`[data-testid="column-${heading}"]`).setValue(field)
    await at.page.get('[data-testid="column-room"]').setValue('一区')
    await at.press('ledger-preview')
    expect(at.text('column-map')).toContain('设备台账')
    expect(at.text('passed-over')).toContain('封面')
    await at.page.get('[data-testid="allow-removals"]').setValue(true)
    await at.page.get('[data-testid="column-这是什么"]').setValue('kind')
    expect(at.has('look-again'), 'what was shown is not what would be imported').toBe(true)
    expect(isOff('ledger-import')).toBe(true)
    await at.press('ledger-preview')
    expect(isOff('ledger-import'), 'to be agreed to anew').toBe(true)
    await at.page.get('[data-testid="allow-removals"]').setValue(true)
    await at.press('ledger-import')
    expect(sent.mock.calls[0]?.[2]).toEqual({ columns: { 柜子: 'rack', 叫什么: 'model', 这是什么: 'kind' }, room: '一区' })
  })

  it('reads rack units in every spelling the service uses', () => {
    expect(readUnits('U4-5')).toEqual({ low: 4, high: 5 })
    expect(readUnits('12')).toEqual({ low: 12, high: 12 })
    expect(readUnits('')).toBeNull()
  })
})
