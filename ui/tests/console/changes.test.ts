import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { createFakeConsole } from '@/console/fake'

import { mountConsole, type Mounted, settle } from './mountConsole'

describe('change sets of the ledger', () => {
  let at: Mounted
  beforeEach(() => localStorage.clear())
  afterEach(() => at.page.unmount())

  const idOf = async (state: string): Promise<string> => (await createFakeConsole().ledgerChanges({ state }, null)).items[0]?.id ?? ''

  it('are listed with how they stand, beside the ledger', async () => {
    at = await mountConsole('/ledger')
    await at.goTo(at.page.get('[data-testid="tab-ledger-changes"]').attributes('href')?.slice(1) ?? '')
    for (const words of ['待审批', '已同意并生效', '不同意']) expect(at.text('change-sets-table')).toContain(words)
    await at.page.get('[data-testid="filter-state"]').setValue('rejected')
    await settle()
    expect(at.page.get('[data-testid="change-sets-total"]').attributes('data-total')).toBe('1')
  })

  it('that wait say what changes, which record shows it, and how a person decides', async () => {
    at = await mountConsole(`/ledger/changes/${await idOf('proposed')}`)
    expect(at.text('proposed-table')).toContain('RH2288H V5')
    expect(at.page.find('[data-testid="proposed-table"] a[href*="#/records/"]').exists()).toBe(true)
    expect(at.text('change-sign')).toContain('xunjian-field ledger-change change.json --approve')
    expect(at.text('change-facts')).toContain('尚未审批')
  })

  it('that were decided say by whom, why, and what became of the ledger', async () => {
    at = await mountConsole(`/ledger/changes/${await idOf('approved')}`)
    expect(at.text('change-facts')).toContain('周䶮')
    expect(at.text('change-facts')).toContain('第 3 版')
    expect(at.has('change-sign')).toBe(false)
    at.page.unmount()
    at = await mountConsole(`/ledger/changes/${await idOf('rejected')}`)
    expect(at.text('change-facts')).toContain('型号以采购合同为准')
    expect(at.text('change-facts')).toContain('台账未改动')
  })

  it('that no longer fit are to be proposed anew', async () => {
    const api = createFakeConsole()
    const outdated = async (id: string) => ({ ...(await api.ledgerChange(id)), is_outdated: true })
    at = await mountConsole(`/ledger/changes/${await idOf('proposed')}`, { api: new Proxy(api, { get: (target, name: keyof typeof api) => (name === 'ledgerChange' ? outdated : target[name]) }) })
    expect(at.text('outdated')).toContain('重新提出')
    expect(at.has('change-sign')).toBe(false)
  })
})
